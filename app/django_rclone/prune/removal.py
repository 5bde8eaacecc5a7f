"""Removal of the backups and leftovers that a plan removes."""

from __future__ import annotations

from collections.abc import Iterator

from django_rclone import display
from django_rclone.catalog import Backup
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.layout.object_paths import object_path_problem, path_problem
from django_rclone.prune import force
from django_rclone.prune.planning import plan
from django_rclone.prune.pruning import Plan, Pruning
from django_rclone.rclone.remote import Remote
from django_rclone.retention import Decision


def prune(pruning: Pruning) -> Iterator[Backup]:
    """Removes the backups that retention does not keep, and yields each one after its removal.

    Raises DjangoRcloneError, and removes nothing, if the newest backup is unusual, or if more than half would be
    removed, without ``force``.
    """
    for decision in carry_out(pruning, plan(pruning)):
        yield decision.backup


def carry_out(pruning: Pruning, planned: Plan) -> Iterator[Decision]:
    """Removes what a plan removes, as ``prune`` does."""
    force.check(pruning, planned)
    for decision in planned.removed:
        remove(pruning.remote, decision.backup)
        yield decision


def remove(remote: Remote, backup: Backup) -> None:
    """Deletes a backup: first its manifest, so that the backup ceases to exist at once, then its objects, and then the
    records of its verifications."""
    manifest = backup.manifest
    for stored in manifest.objects:
        problem = object_path_problem(stored.path, manifest.id) if manifest.id else path_problem(stored.path)
        if problem:
            raise DjangoRcloneError(f"{display.one_line(stored.path)} {problem}: it is not removed.")
    if manifest.point:
        remote.delete(ManifestName(manifest.point, manifest.database, manifest.id).path)
    for stored in manifest.objects:
        remote.delete(stored.path)
    for verification in backup.verifications:
        remote.delete(verification.path)
