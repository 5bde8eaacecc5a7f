"""Limits on the files that a sync may delete from the mirror without confirmation. Pure."""

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
    """Changes that a sync would make to the mirror, recorded file by file."""

    folder: MediaFolder
    deleted: int = 0
    mirrored: frozenset[str] = frozenset()
    """Files of a mirror that was made from another folder: replacements of these are counted."""
    replaced: int = 0
    emptied: int = 0
    """Number of empty files that would be added to the mirror or replace files in it."""
    lost: Counter[str] = field(default_factory=Counter)
    """Folders without files now, and how many files of each would be deleted."""
    backups: list[str] = field(default_factory=list)
    """Database backups, not media files, that would be deleted."""

    def copy(self, name: str, size: int) -> None:
        """Records a file that would be sent."""
        self.replaced += name in self.mirrored
        self.emptied += size == 0

    def delete(self, name: str) -> None:
        """Records a file that would be deleted."""
        self.deleted += 1
        if lost := self.folder.lost(name):
            self.lost[lost] += 1
        if len(self.backups) < MOST and _is_backup(name):
            self.backups.append(name)

    def missing(self) -> list[str]:
        """Returns the folders that lost all their files, each with the number of files, largest first."""
        return [f"{name} ({self.folder.presence(name)}; {count} files)" for name, count in self.lost.most_common()]

    def most_allowed(self, mirror: int) -> int:
        """Returns how many files the sync itself may delete: a few more than planned, as files may vanish meanwhile."""
        return max(self.deleted, min(self.deleted + MOST, mirror // 2))


def problem(plan: PlannedSync, mirror: int, *, elsewhere: bool) -> str:
    """Returns why a sync needs confirmation, as a clause; empty if it does not.

    ``mirror`` is the number of files in the mirror; ``elsewhere`` is set if it was last made from another folder.
    """
    if plan.backups:
        return f"what would be deleted has backups of databases in it: {enumerate_some(plan.backups)}"
    if elsewhere and plan.replaced and 2 * (plan.deleted + plan.replaced) > mirror:
        deleted = f"delete {plan.deleted} of {mirror} files, and " if plan.deleted else ""
        return f"it would {deleted}replace {plan.replaced} of {mirror} by others of the same names"
    if not plan.deleted:
        return ""
    unmounted = sum(count for name, count in plan.lost.items() if plan.folder.presence(name) is not Presence.GONE)
    if plan.deleted >= mirror:
        found = f"all {mirror} files"
    elif not plan.folder.has_files():
        found = f"{plan.deleted} of {mirror} files, and all that have content"
    elif 2 * plan.deleted > mirror and (plan.deleted > MOST or elsewhere or 2 * unmounted > mirror):
        found = f"{plan.deleted} of {mirror} files"
    else:
        return ""
    folders = f". Without files now: {enumerate_some(plan.missing())}" if plan.lost else ""
    return f"it would delete {found}{folders}"


def _is_backup(name: str) -> bool:
    *above, last = name.split("/")
    in_manifests = bool(above) and above[-1] == MANIFEST_DIR and parse_manifest_name(last) is not None
    return in_manifests or last == RESTORE_GUIDE or _OBJECT.search(last) is not None
