"""How much a sync may take away from the mirror of the media files before somebody has to agree. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from django_rclone.display import enumerate_some
from django_rclone.media.media_root import MediaFolder, Presence
from django_rclone.naming import MANIFEST_DIR, README, parse_manifest_name

MOST = 10
"""So many files may always go, unless that is all of them."""

# What backups of databases are called by default: an id, then how they were dumped and compressed.
_OBJECT = re.compile(r"-[a-z][a-z0-9]{4}[0-9]\.(dump|sql|sqlite3|archive)(\.zst|\.gz)?")


@dataclass(slots=True)
class PlannedSync:
    """What a sync would do to the mirror; it is told file by file."""

    folder: MediaFolder
    deleted: int = 0
    mirrored: frozenset[str] = frozenset()
    """Files of a mirror that was made of another folder: what replaces one of them is counted."""
    replaced: int = 0
    emptied: int = 0
    """Files of the mirror that would be replaced, or joined, by ones without content."""
    lost: Counter[str] = field(default_factory=Counter)
    """Folders that have no files any more, and how many each had."""
    backups: list[str] = field(default_factory=list)
    """What would be deleted and is no media file: a backup of a database."""

    def copy(self, name: str, size: int) -> None:
        """Takes a file that would be sent."""
        self.replaced += name in self.mirrored
        self.emptied += size == 0

    def delete(self, name: str) -> None:
        """Takes a file that would be deleted."""
        self.deleted += 1
        if lost := self.folder.lost(name):
            self.lost[lost] += 1
        if len(self.backups) < MOST and _is_backup(name):
            self.backups.append(name)

    def missing(self) -> list[str]:
        """Returns the folders that lost all their files, with how many, the largest first."""
        return [f"{name} ({self.folder.presence(name)}; {count} files)" for name, count in self.lost.most_common()]

    def most_allowed(self, mirror: int) -> int:
        """Returns how many files the sync itself may delete: a few more may vanish while it runs."""
        return max(self.deleted, min(self.deleted + MOST, mirror // 2))


def problem(plan: PlannedSync, mirror: int, *, elsewhere: bool) -> str:
    """Returns why a sync must not go ahead unasked, as a clause; empty: it may.

    ``mirror`` is how many files the mirror has; ``elsewhere``: another folder was mirrored there the last time.
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
    return in_manifests or last == README or _OBJECT.search(last) is not None
