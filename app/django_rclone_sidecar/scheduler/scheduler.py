"""The scheduler: starts runs and verifications when due. ``step`` gets the time from its caller, and never waits.

Runs are child processes: the scheduler itself uses neither a database nor the remote, so nothing can block it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django_rclone.exceptions import DjangoRcloneError, Unavailable
from django_rclone_sidecar.scheduler import snapshot
from django_rclone_sidecar.scheduler.backup_queue import BackupQueue
from django_rclone_sidecar.scheduler.events import log, logger
from django_rclone_sidecar.scheduler.job import ChildProcess, Job
from django_rclone_sidecar.scheduler.snapshot import Snapshot
from django_rclone_sidecar.scheduler.timetable import SchedulerConfig, Timetable
from django_rclone_sidecar.scheduler.verification_queue import VerificationQueue

TICK = 15.0
"""Longest sleep in seconds: the clock may have been changed."""

_REFRESH_INTERVAL = timedelta(minutes=10)
_DEADLINE_MARGIN = timedelta(minutes=5)
"""Time that a run may take in addition to its dumps."""


@dataclass(slots=True)
class Scheduler:
    """The state of the schedule and the running job. ``code`` is the exit code, None until the scheduler has ended."""

    config: SchedulerConfig
    start: Callable[[tuple[str, ...]], ChildProcess]
    """Starts a sidecar command with these arguments."""
    code: int | None = None
    job: Job | None = None
    _timetable: Timetable = field(init=False)
    _backups: BackupQueue = field(init=False)
    _verifications: VerificationQueue = field(init=False)
    _refresh_at: datetime | None = None
    _last_step: datetime | None = None
    _stopped_by: int | None = None
    """The signal that stops the scheduler."""

    def __post_init__(self) -> None:
        self._timetable = Timetable(self.config)
        self._backups = BackupQueue(self._timetable)
        self._verifications = VerificationQueue(self._timetable)

    def stop(self, number: int, now: datetime) -> None:
        """Starts no further jobs, and gives the running one its grace period."""
        if self._stopped_by is not None:
            return
        self._stopped_by = number
        if self.job is not None:
            grace = self.config.grace if self.job.parts else 0
            self.job.terminate_at = now + timedelta(seconds=grace)
            if grace:
                log("serve.stopping", "Stopping: the current run has %g s to end.", grace)

    def step(self, now: datetime) -> float:
        """Does what is due. Returns the longest time in seconds until the next step."""
        self._adjust_to_clock_set_back(now)
        self._check_job(now)
        if self._stopped_by is not None and self.job is None:
            self.code = self.code if self.code is not None else 128 + self._stopped_by
        if self._stopped_by is None and self.code is None:
            self._backups.collect_due(now, self.job)
            self._verifications.collect_due(now, self.job)
            self._start_next_job(now)
        return self._seconds_until_next_step(now)

    def _adjust_to_clock_set_back(self, now: datetime) -> None:
        back = self._last_step - now if self._last_step is not None else timedelta()
        self._last_step = now
        if back <= timedelta():
            return
        self._backups.adjust_to_clock_set_back(now, back)
        self._verifications.adjust_to_clock_set_back(now, back)
        self._refresh_at = self._refresh_at and self._refresh_at - back
        if self.job is not None:
            self.job.shift_deadlines(back)

    def _check_job(self, now: datetime) -> None:
        job = self.job
        if job is None:
            return
        code = job.child.returncode
        if code is None:
            if job.enforce_deadline(now) and not job.refreshes:
                log("run.cancelled", "The run begun at %s is cancelled.", self._timetable.format(job.started_at))
            return
        self.job = None
        self._refresh_at = now
        if job.refreshes:
            self._refresh_ended(job, code, now)
        elif job.parts:
            self._run_ended(job, code, now)
        elif self._stopped_by is None:
            self._verifications.retry(code, now)

    def _run_ended(self, job: Job, code: int, now: datetime) -> None:
        if not self._backups.retry(job.parts, code, now) and code < 0:
            log("run.killed", "The run begun at %s was killed.", self._timetable.format(job.started_at))

    def _refresh_ended(self, job: Job, code: int, now: datetime) -> None:
        self._refresh_at = now + _REFRESH_INTERVAL
        try:
            if code == 0:
                self._apply_snapshot(snapshot.from_json(job.child.output()), now)
                return
        except ValueError as error:
            logger.error("The output of the refresh cannot be parsed: %s.", error, extra={"event": "refresh.failed"})
        if self._timetable.snapshot is None and self._stopped_by is None:
            # The databases are not known: end, so that the container platform shows the failure.
            if job.kill_at is not None:  # it took too long
                code = Unavailable.exit_code
            self.code = code if code > 0 else DjangoRcloneError.exit_code

    def _apply_snapshot(self, new: Snapshot, now: datetime) -> None:
        first = self._timetable.snapshot is None
        self._timetable.update(new)
        self._verifications.plan(now)
        self._backups.update(new, now, first=first)

    def _start_next_job(self, now: datetime) -> None:
        run_is_due = self._backups.is_due(now)
        if self.job is not None:
            if run_is_due and self.job.refreshes and self.job.terminate_at is not None:
                self.job.terminate_at = min(self.job.terminate_at, now)  # a refresh can wait, a backup cannot
        elif run_is_due:
            self._start_run(now)
        elif self._verifications.is_due(now):
            self.job = Job(self.start(self._verifications.take_due()), now, verifies=True)
        elif self._refresh_at is None or now >= self._refresh_at:
            refresh = ("refresh", "--quiet") if self._timetable.snapshot else ("refresh",)
            self.job = Job(self.start(refresh), now, terminate_at=now + _REFRESH_INTERVAL)

    def _start_run(self, now: datetime) -> None:
        parts, arguments = self._backups.take_due()
        if not parts:
            return
        self.job = Job(self.start(arguments), now, parts)
        if self.config.timeout is not None:
            self.job.terminate_at = now + len(parts) * timedelta(seconds=self.config.timeout) + _DEADLINE_MARGIN

    def _seconds_until_next_step(self, now: datetime) -> float:
        """Returns the seconds until the next planned time, at most ``TICK``."""
        moments: list[datetime | None] = []
        if self._stopped_by is None:
            moments += [*self._backups.slots_with_delays, self._verifications.slot]
        if self.job is not None:
            moments.append(self.job.kill_at or self.job.terminate_at)
        else:
            moments += [self._refresh_at, self._backups.retry_at, self._verifications.start_at]
        return max(0.0, min((TICK, *((moment - now).total_seconds() for moment in moments if moment))))
