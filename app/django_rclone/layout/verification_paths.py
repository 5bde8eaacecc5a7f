"""Paths of verification records, which hold the backup, level, outcome and time of each: a listing of the manifests
shows them without reading. Pure.

They begin with a letter, so that earlier versions, which list and read ``[0-9]*.json`` in this folder, ignore them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, unquote

from django_rclone.layout import backup_ids, recovery_points
from django_rclone.layout.folders import MANIFEST_DIR
from django_rclone.layout.manifest_paths import ManifestName


class Level(StrEnum):
    """Level of a verification: how thoroughly a backup is verified."""

    HASH = "hash"
    """The whole object is read; its length and SHA-256 match the manifest."""
    READ = "read"
    """The same, and the database's client can read it to its end."""
    DRILL = "drill"
    """The same, and it was restored into a scratch database, which was compared with it."""

    def includes(self, other: Level) -> bool:
        """Returns whether a verification at this level proves what one at ``other`` does."""
        order = list(Level)
        return order.index(self) >= order.index(other)


LEVELS = tuple(Level)
"""The levels that the commands offer."""


class VerificationOutcome(StrEnum):
    """Outcome of a verification."""

    PASSED = "passed"
    FAILED = "failed"


_NAME = re.compile(
    rf"verification-(?P<point>{recovery_points.PATTERN})-(?P<alias>.+)-(?P<id>{backup_ids.PATTERN})"
    rf"-(?P<level>{'|'.join(Level)})-(?P<outcome>{'|'.join(VerificationOutcome)})"
    rf"-(?P<verified>{recovery_points.PATTERN})\.json"
)


@dataclass(frozen=True, slots=True)
class VerificationName:
    """Parsed name of a verification record."""

    backup: ManifestName
    level: Level
    outcome: VerificationOutcome
    verified: str
    """The time of the verification, in the form of a recovery point."""

    @property
    def passed(self) -> bool:
        """Whether the backup passed."""
        return self.outcome is VerificationOutcome.PASSED

    @property
    def verified_at(self) -> datetime:
        """The time of the verification, to the second."""
        return recovery_points.moment_of(self.verified)

    @property
    def path(self) -> str:
        """Path from the remote's root."""
        backup = f"{self.backup.point}-{quote(self.backup.alias, safe='')}-{self.backup.id}"
        return f"{MANIFEST_DIR}/verification-{backup}-{self.level}-{self.outcome}-{self.verified}.json"


def parse_verification_name(name: str) -> VerificationName | None:
    """Returns the parsed file name of a verification record, or None if it is not one."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    backup = ManifestName(match["point"], unquote(match["alias"]), match["id"])
    found = VerificationName(backup, Level(match["level"]), VerificationOutcome(match["outcome"]), match["verified"])
    try:
        found.verified_at  # noqa: B018 - raises for a date that does not exist
    except ValueError:
        return None
    return found
