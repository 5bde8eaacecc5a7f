"""The state of all backups at one moment, for the status page, the metrics and monitors. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django_rclone import display
from django_rclone_sidecar.scheduler.schedule import Schedule, delay, overdue_after

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class SchedulePolicy:
    """When backups are due. ``schedule`` is None if nothing is scheduled here; ``jitter`` is in seconds."""

    schedule: Schedule | None
    jitter: float = 0
    max_age: timedelta | None = None

    def next_run(self, identity: str, now: datetime) -> datetime | None:
        """Returns when the next run begins, counting a slot whose delay has not passed yet."""
        if self.schedule is None:
            return None
        later = delay(identity, self.jitter)
        return self.schedule.after(now - later) + later

    def overdue(self, identity: str, newest: datetime | None, now: datetime) -> bool:
        """Returns whether a database is overdue, if its newest backup was begun at ``newest``."""
        if newest is None:
            return True
        if self.max_age is not None:
            return now - newest > self.max_age
        if self.schedule is None:
            return False
        return now > overdue_after(newest, self.schedule, delay(identity, self.jitter))


@dataclass(frozen=True, slots=True)
class NewestBackup:
    """The newest good backup of a database; sizes in bytes."""

    started_at: datetime
    finished_at: datetime
    size: int
    raw_size: int

    @property
    def seconds(self) -> float:
        """Duration of the backup."""
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class NewestVerification:
    """The newest verification of a database's backups that the remote has a record of."""

    id: str
    """Id of the backup."""
    level: str
    passed: bool
    verified_at: datetime


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """One database that is backed up."""

    alias: str
    engine: str
    place: str
    """Engine and address."""
    newest: NewestBackup | None = None
    last_attempt: datetime | None = None
    stored: int = 0
    stored_bytes: int = 0
    runs: Mapping[str, int] = field(default_factory=dict)
    """Number of ended backups by outcome."""
    restores: Mapping[str, int] = field(default_factory=dict)
    restore_seconds: float = 0
    overdue: bool = True
    running: bool = False
    failing: bool = False
    """The last run failed, and there is no newer backup."""
    error: str = ""
    next_run: datetime | None = None
    anomaly: str = ""
    """How the newest good backup differs from earlier ones; empty if it is normal."""
    verifications: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Number of ended verifications by level and outcome."""
    last_verified: Mapping[str, datetime] = field(default_factory=dict)
    """When a verification last succeeded, by level."""
    verification: NewestVerification | None = None
    """None if there is none on the remote."""
    recovery_seconds: float = 0
    """Duration of the restore in the last successful drill; 0 if there is none."""
    ahead: tuple[str, ...] = ()
    """Backups on the remote that are dated in the future, and so do not count."""


@dataclass(frozen=True, slots=True)
class MediaState:
    """The media files."""

    last_success: datetime | None = None
    running: bool = False
    failing: bool = False
    error: str = ""
    next_run: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecentRun:
    """One task of a run; ``what`` is an alias or "media files"."""

    command: str
    what: str
    outcome: str
    started_at: datetime
    finished_at: datetime | None
    size: int | None
    error: str


@dataclass(frozen=True, slots=True)
class OverallState:
    """The state of all backups."""

    at: datetime
    zone: ZoneInfo = _UTC
    schedule: str = ""
    """The cron expression; empty if nothing is scheduled."""
    databases: tuple[DatabaseState, ...] = ()
    media: MediaState | None = None
    """None if media files are not backed up."""
    remote: str = ""
    remote_up: bool = False
    remote_error: str = ""
    observed_at: datetime | None = None
    """When the remote was last listed."""
    rclone: str = ""
    notify_failures: int = 0
    last_runs: tuple[RecentRun, ...] = ()
    next_verification: datetime | None = None
    """None if none is scheduled."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Problems that need action, one line each."""
        found = []
        for database in self.databases:
            if database.failing:
                found.append(f'Database "{database.alias}": the last run failed: {database.error or "unknown reason"}')
            if database.overdue:
                lacks = "the backup is overdue" if database.newest else "there is no backup"
                found.append(f'Database "{database.alias}": {lacks}.')
            if database.anomaly:
                found.append(f'Database "{database.alias}": the newest backup is unusual: {database.anomaly}.')
            if database.verification is not None and not database.verification.passed:
                found.append(
                    f'Database "{database.alias}": backup {database.verification.id} failed its verification '
                    f"({database.verification.level})."
                )
            if database.ahead:
                found.append(
                    f'Database "{database.alias}": backups are dated in the future and do not count: '
                    f"{display.enumerate_some(database.ahead)}. Check the clocks."
                )
        if self.media is not None and self.media.failing:
            found.append(f"Media files: the last run failed: {self.media.error or 'unknown reason'}")
        return tuple(found)
