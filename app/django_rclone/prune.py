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


def prune(
    remote: Remote, names: Scheme, owner: Owner, *, keep: int, now: datetime, timeout: float | None
) -> Iterator[Backup]:
    """Removes what retention says of this owner's backups, and gives each when it is gone."""
    backups = [backup for backup in catalog.load(remote, names, owner.alias) if owner.owns_exactly(backup)]
    for backup in [*retention.surplus(backups, keep), *retention.leftovers(backups, now, timeout)]:
        remove(remote, backup)
        yield backup
