"""The timetable: the schedules of backups and verifications, in the time zone of the databases, with their delays.

A *part* is what can be backed up by itself: a database, named by its alias, or the media files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django_rclone_sidecar.scheduler.schedule import Schedule, delay
from django_rclone_sidecar.scheduler.snapshot import Snapshot

MEDIA = ""
"""The media files, in a set of parts."""


@dataclass(frozen=True, slots=True)
class SchedulerConfig:
    """Settings of the schedule. Durations in seconds."""

    expression: str | None
    """None if nothing is scheduled."""
    zone: str = ""
    """Empty for the target's."""
    jitter: float = 0
    on_start: bool = False
    timeout: float | None = None
    grace: float = 0
    verify: str | None = None
    """When backups are verified. None if they are not."""
    verify_level: str = ""


@dataclass(slots=True)
class Timetable:
    """The settings, and the newest snapshot: None until the databases are known."""

    config: SchedulerConfig
    snapshot: Snapshot | None = None

    def update(self, new: Snapshot) -> None:
        """Replaces the snapshot. If the remote was not reached, whether media files are backed up stays as known."""
        known = self.snapshot
        self.snapshot = new if new.reached or known is None else replace(new, media=known.media)

    @property
    def parts(self) -> set[str]:
        """All parts; none while the databases are not known."""
        if self.snapshot is None:
            return set()
        return {database.alias for database in self.snapshot.databases} | ({MEDIA} if self.snapshot.media else set())

    @property
    def backups(self) -> Schedule:
        """The schedule of backups."""
        return self._schedule(self.config.expression)

    @property
    def verifications(self) -> Schedule:
        """The schedule of verifications."""
        return self._schedule(self.config.verify)

    def next_slot(self, part: str, now: datetime) -> datetime:
        """Returns the next slot of a part, counting a slot whose delay has not passed yet."""
        return self.backups.after(now - self.delay(part))

    def delay(self, part: str) -> timedelta:
        """Returns the delay of a part's backups after their slots."""
        known = self.snapshot.databases if self.snapshot else ()
        identity = next((database.identity for database in known if database.alias == part), "media")
        return delay(identity, self.config.jitter)

    def format(self, moment: datetime) -> str:
        """Returns a local time for a message."""
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S %Z")

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.zone or (self.snapshot.time_zone if self.snapshot else "UTC"))

    def _schedule(self, expression: str | None) -> Schedule:
        if self.snapshot is None or expression is None:
            raise RuntimeError("nothing is scheduled")
        return Schedule(expression, self._zone)
