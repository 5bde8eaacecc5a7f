"""Limits on the files that a sync may delete from the mirror without confirmation."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from django_rclone.display import enumerate_some
from django_rclone.layout.folders import MANIFEST_DIR, RESTORE_GUIDE
from django_rclone.layout.manifest_paths import parse_manifest_name
from django_rclone.media.media_root import MediaFolder, Presence

MOST = 10
"""Number of files that may always be deleted, unless the mirror has no others."""

# Default names of database backups: an id, then the formats of the dump and the compression.
_OBJECT = re.compile(r"-[a-z][a-z0-9]{4}[0-9]\.(dump|sql|sqlite3|archive)(\.zst|\.gz)?")


@dataclass(slots=True)
class PlannedSync:
    """Changes that a sync would make to the mirror, counted file by file."""

    media_folder: MediaFolder
    deleted: int = 0
    mirrored: frozenset[str] = frozenset()
    """Files of a mirror that was made from another folder: their replacements are counted."""
    replaced: int = 0
    emptied: int = 0
    """Number of empty files that would be added to the mirror or replace files in it."""
    lost: Counter[str] = field(default_factory=Counter)
    """Folders that have no files in MEDIA_ROOT now, and how many files of each would be deleted."""
    backups: list[str] = field(default_factory=list)
    """Database backups, not media files, that would be deleted."""

    def copy(self, name: str, size: int) -> None:
        """Counts a file that would be uploaded."""
        self.replaced += name in self.mirrored
        self.emptied += size == 0

    def delete(self, name: str) -> None:
        """Counts a file that would be deleted."""
        self.deleted += 1
        if folder := self.media_folder.topmost_without_files(name):
            self.lost[folder] += 1
        if len(self.backups) < MOST and _is_backup(name):
            self.backups.append(name)

    def folders_without_files(self) -> list[str]:
        """Returns a description of each folder that lost all its files, largest first."""
        return [
            f"{name} ({self.media_folder.presence(name)}; {count} files)" for name, count in self.lost.most_common()
        ]

    def max_deletes(self, mirror_files: int) -> int:
        """Returns how many of the mirror's files the sync itself may delete.

        This is a few more than planned, because files may disappear while it runs.
        """
        return max(self.deleted, min(self.deleted + MOST, mirror_files // 2))


def problem(plan: PlannedSync, mirror_files: int, *, other_source: bool) -> str:
    """Returns why a sync needs confirmation, as a clause; empty if it does not.

    ``mirror_files`` is the number of files in the mirror; ``other_source`` is set if it was last made from another
    folder.
    """
    if plan.backups:
        return f"it would delete backups of databases: {enumerate_some(plan.backups)}"
    if other_source and plan.replaced and 2 * (plan.deleted + plan.replaced) > mirror_files:
        deleted = f"delete {plan.deleted} of {mirror_files} files and " if plan.deleted else ""
        return f"it would {deleted}replace {plan.replaced} of {mirror_files} by other files with the same names"
    if not plan.deleted:
        return ""
    in_empty_folders = sum(
        count for name, count in plan.lost.items() if plan.media_folder.presence(name) is not Presence.GONE
    )
    more_than_half = 2 * plan.deleted > mirror_files
    if plan.deleted >= mirror_files:
        files = f"all {mirror_files} files"
    elif not plan.media_folder.has_files():
        files = f"{plan.deleted} of {mirror_files} files, and all that have content"
    elif more_than_half and (plan.deleted > MOST or other_source or 2 * in_empty_folders > mirror_files):
        files = f"{plan.deleted} of {mirror_files} files"
    else:
        return ""
    folders = f". Folders without files: {enumerate_some(plan.folders_without_files())}" if plan.lost else ""
    return f"it would delete {files}{folders}"


def _is_backup(name: str) -> bool:
    *folders, file = name.split("/")
    in_manifests = bool(folders) and folders[-1] == MANIFEST_DIR and parse_manifest_name(file) is not None
    return in_manifests or file == RESTORE_GUIDE or _OBJECT.search(file) is not None
