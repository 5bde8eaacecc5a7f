"""The recipe of pruning: old backups go after a new one is proven, and so does what dead runs left behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django_rclone import catalog, retention
from django_rclone.catalog import Backup
from django_rclone.naming import ManifestName, Scheme
from django_rclone.rclone import Remote
from django_rclone.selection import Owner


def remove(remote: Remote, backup: Backup) -> None:
    """Deletes a backup: its manifest first, so that it is gone at once; then its objects."""
    manifest = backup.manifest
    if manifest.point:
        remote.delete(ManifestName(manifest.point, manifest.database, manifest.id).path)
    for stored in manifest.objects:
        remote.delete(stored.path)


def candidates(
    remote: Remote, names: Scheme, owner: Owner, *, keep: int | None, now: datetime, timeout: float | None
) -> list[Backup]:
    """Returns what retention would remove of this owner's backups; with ``keep`` None only what dead runs left.

    Where others keep backups under the same alias, what has no manifest may be theirs: it stays.
    """
    found = catalog.load(remote, names, owner.alias)
    backups = [backup for backup in found if owner.owns_exactly(backup)]
    if len(backups) < len(found):
        backups = [backup for backup in backups if backup.manifest.point]
    surplus = retention.surplus(backups, keep) if keep is not None else []
    return [*surplus, *retention.leftovers(backups, now, timeout)]


def prune(
    remote: Remote, names: Scheme, owner: Owner, *, keep: int | None, now: datetime, timeout: float | None
) -> Iterator[Backup]:
    """Removes what retention says of this owner's backups, and gives each when it is gone."""
    for backup in candidates(remote, names, owner, keep=keep, now=now, timeout=timeout):
        remove(remote, backup)
        yield backup
