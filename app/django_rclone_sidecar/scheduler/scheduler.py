"""The scheduler: starts runs and verifications when due. ``step`` gets the time from its caller, and never waits.

A *part* is what can be backed up by itself: a database, named by its alias, or the media files. A part is due when its
slot has come and its delay has passed. Runs are child processes: the scheduler itself uses neither a database nor the
remote, so nothing can block it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django_rclone.exceptions import DjangoRcloneError, Locked, Unavailable
from django_rclone_sidecar.scheduler import snapshot
from django_rclone_sidecar.scheduler.job import ChildProcess, Job
from django_rclone_sidecar.scheduler.schedule import Schedule, delay
from django_rclone_sidecar.scheduler.snapshot import Snapshot

logger = logging.getLogger(__name__)

TICK = 15.0
"""Longest sleep in seconds: the clock may have been changed."""

MEDIA = ""
"""The media files, in a set of parts."""

_REFRESH_INTERVAL = timedelta(minutes=10)
_LOCKED_RETRY = timedelta(minutes=1)
"""Delay before a run that did not get the lock is tried again."""
_UNAVAILABLE_RETRIES = (timedelta(minutes=5), timedelta(minutes=30))
"""Delays before a run that could not reach storage or database is tried again."""
_DEADLINE_MARGIN = timedelta(minutes=5)
"""Time that a run may take in addition to its dumps."""


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
class Scheduler:
    """The state of the schedule and the running job. ``code`` is the exit code, None until the scheduler has ended."""

    config: SchedulerConfig
    start: Callable[[tuple[str, ...]], ChildProcess]
    """Starts a sidecar command with these arguments."""
    code: int | None = None
    job: Job | None = None
    _snapshot: Snapshot | None = None
    _slots: dict[str, datetime] = field(default_factory=dict)
    """The next slot of each part."""
    _due: set[str] = field(default_factory=set)
    """Parts to back up as soon as no job is running."""
    _not_before: datetime | None = None
    """When the next try may start."""
    _tries: int = 0
    """Retries of a run that could not reach storage or database."""
    _refresh_at: datetime | None = None
    _last_step: datetime | None = None
    _verify_slot: datetime | None = None
    """When the next verification is due."""
    _verify_at: datetime | None = None
    """When a verification that is due may start; None if none is due."""
    _verify_tries: int = 0
    _catch_up_pending: bool = True
    """Whether slots that were missed while the scheduler was down have not been looked for yet."""
    _stopped_by: int | None = None
    """The signal that stops the scheduler."""

    def stop(self, number: int, now: datetime) -> None:
        """Starts no further jobs, and gives the running one its grace period."""
        if self._stopped_by is not None:
            return
        self._stopped_by = number
        if self.job is not None:
            grace = self.config.grace if self.job.parts else 0
            self.job.terminate_at = now + timedelta(seconds=grace)
            if grace:
                self._log("serve.stopping", "Stopping: the current run has %g s to end.", grace)

    def step(self, now: datetime) -> float:
        """Does what is due. Returns the longest time in seconds until the next step."""
        self._adjust_to_clock_set_back(now)
        self._check_job(now)
        if self._stopped_by is not None and self.job is None:
            self.code = self.code if self.code is not None else 128 + self._stopped_by
        if self._stopped_by is None and self.code is None:
            self._collect_due(now)
            self._start_next_job(now)
        return self._seconds_until_next_step(now)

    def _adjust_to_clock_set_back(self, now: datetime) -> None:
        """Plans everything anew if the clock was set back: the planned times would come too late."""
        back = self._last_step - now if self._last_step is not None else timedelta()
        self._last_step = now
        if back <= timedelta():
            return
        for part, slot in self._slots.items():
            # Not the first slot from now: if the clock was set back a little, that one has just been run.
            self._slots[part] = min(slot, self._schedule.after(self._schedule.after(now)))
        if self._verify_slot is not None:
            following = self._verify_schedule.after(self._verify_schedule.after(now))
            self._verify_slot = min(self._verify_slot, following)
        self._verify_at = self._verify_at and self._verify_at - back
        self._refresh_at = self._refresh_at and self._refresh_at - back
        self._not_before = self._not_before and self._not_before - back
        if self.job is not None:
            self.job.shift_deadlines(back)

    def _check_job(self, now: datetime) -> None:
        job = self.job
        if job is None:
            return
        code = job.child.returncode
        if code is not None:
            self.job = None
            if job.parts:
                self._run_ended(job, code, now)
            elif job.verifies:
                self._verification_ended(code, now)
            else:
                self._refresh_ended(job, code, now)
        elif job.enforce_deadline(now) and (job.parts or job.verifies):
            self._log("run.cancelled", "The run begun at %s is cancelled.", self._format(job.started_at))

    def _run_ended(self, job: Job, code: int, now: datetime) -> None:
        self._refresh_at = now
        if code == Locked.exit_code:
            self._retry_at(job.parts, now + _LOCKED_RETRY)
        elif code == Unavailable.exit_code and self._tries < len(_UNAVAILABLE_RETRIES):
            self._retry_at(job.parts, now + _UNAVAILABLE_RETRIES[self._tries])
            self._tries += 1
        elif code < 0:
            self._log("run.killed", "The run begun at %s was killed.", self._format(job.started_at))

    def _verification_ended(self, code: int, now: datetime) -> None:
        self._refresh_at = now
        if code == Locked.exit_code:
            self._verify_at = now + _LOCKED_RETRY
        elif code == Unavailable.exit_code and self._verify_tries < len(_UNAVAILABLE_RETRIES):
            self._verify_at = now + _UNAVAILABLE_RETRIES[self._verify_tries]
            self._verify_tries += 1
        if self._verify_at is not None and self._stopped_by is None:
            self._log("verify.again", "The verification is tried again at %s.", self._format(self._verify_at))

    def _retry_at(self, parts: Iterable[str], moment: datetime) -> None:
        self._due |= set(parts)
        self._not_before = moment
        self._log("run.again", "The run is tried again at %s.", self._format(moment))

    def _refresh_ended(self, job: Job, code: int, now: datetime) -> None:
        self._refresh_at = now + _REFRESH_INTERVAL
        try:
            if code == 0:
                self._apply_snapshot(snapshot.from_json(job.child.output()), now)
                return
        except ValueError as error:
            logger.error("The output of the refresh cannot be parsed: %s.", error, extra={"event": "refresh.failed"})
        if self._snapshot is None and self._stopped_by is None:
            # The databases are not known: end, so that the container platform shows the failure.
            if job.kill_at is not None:  # it took too long
                code = Unavailable.exit_code
            self.code = code if code > 0 else DjangoRcloneError.exit_code

    def _apply_snapshot(self, new: Snapshot, now: datetime) -> None:
        first = self._snapshot is None
        if self._snapshot is not None and not new.reached:
            new = replace(new, media=self._snapshot.media)  # unknown without the remote
        self._snapshot = new
        if first and self.config.on_start:
            self._due |= self._parts()
        if self.config.verify is not None:
            self._verify_slot = self._verify_slot or self._verify_schedule.after(now)
        if self.config.expression is None:
            if first:
                self._log("schedule.off", "The schedule is off: only backups made by others are monitored.")
            return
        self._slots = {part: self._slots.get(part) or self._next_slot(part, now) for part in self._parts()}
        if self._catch_up_pending and new.reached:
            self._catch_up_pending = False
            self._catch_up(new, now)
        if first:
            self._log_next_run()

    def _catch_up(self, snapshot: Snapshot, now: datetime) -> None:
        """Makes the databases due whose newest backup is older than the last slot."""
        missed = set()
        for database in snapshot.databases:
            slot = self._schedule.at_or_before(now - self._delay(database.alias))
            if database.newest is None or database.newest < slot:
                missed.add(database.alias)
        if missed and missed == self._parts() - {MEDIA}:
            missed = self._parts()
        if missed - self._due:
            named = ", ".join(sorted(missed - {MEDIA}))
            self._log("schedule.missed", "No backup of %s since the last slot: starting one now.", named)
        if missed:
            self._make_due(missed)

    def _make_due(self, parts: Iterable[str]) -> None:
        """Makes parts due now. Parts that wait for another try are due now too."""
        self._due |= set(parts)
        self._not_before, self._tries = None, 0

    def _collect_due(self, now: datetime) -> None:
        """Makes parts due whose slot has come, and plans their next slot. Several missed slots are one run."""
        for part, slot in self._slots.items():
            if slot + self._delay(part) > now:
                continue
            self._slots[part] = self._next_slot(part, now)
            if self.job is not None and part in self.job.parts:
                began = self._format(self.job.started_at)
                self._log("schedule.skipped", "Skipped a slot: the run begun at %s has not ended.", began)
            else:
                self._make_due({part})

        if self._verify_slot is not None and self._verify_slot <= now:
            self._verify_slot = self._verify_schedule.after(now)
            if self.job is not None and self.job.verifies:
                began = self._format(self.job.started_at)
                self._log("verify.skipped", "Skipped a verification: the one begun at %s has not ended.", began)
            else:
                self._verify_at, self._verify_tries = now, 0

    def _start_next_job(self, now: datetime) -> None:
        run_is_due = bool(self._due) and (self._not_before is None or now >= self._not_before)
        if self.job is not None:
            is_refresh = not self.job.parts and not self.job.verifies
            if run_is_due and is_refresh and self.job.terminate_at is not None:
                self.job.terminate_at = min(self.job.terminate_at, now)  # a refresh can wait, a backup cannot
        elif run_is_due:
            self._start_run(now)
        elif self._verify_at is not None and now >= self._verify_at:
            self._verify_at = None
            arguments = ("verify", "--latest", "--level", self.config.verify_level)
            self.job = Job(self.start(arguments), now, verifies=True)
        elif self._refresh_at is None or now >= self._refresh_at:
            refresh = ("refresh", "--quiet") if self._snapshot else ("refresh",)
            self.job = Job(self.start(refresh), now, terminate_at=now + _REFRESH_INTERVAL)

    def _start_run(self, now: datetime) -> None:
        self._due &= self._parts()
        parts, arguments = self._next_run()
        if not parts:
            return
        self._due -= parts
        self.job = Job(self.start(arguments), now, parts)
        if self.config.timeout is not None:
            self.job.terminate_at = now + len(parts) * timedelta(seconds=self.config.timeout) + _DEADLINE_MARGIN

    def _next_run(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """Returns the due parts to run together, and the arguments for them."""
        databases = sorted(self._due - {MEDIA})
        if self._due == self._parts():
            return frozenset(self._due), ("backup",)
        if databases:
            return frozenset(databases), ("backup", *(word for alias in databases for word in ("-d", alias)))
        return frozenset(self._due), ("media-backup",)

    def _seconds_until_next_step(self, now: datetime) -> float:
        """Returns the seconds until the next planned time, at most ``TICK``."""
        stopped = self._stopped_by is not None
        moments = [] if stopped else [slot + self._delay(part) for part, slot in self._slots.items()]
        if self._verify_slot is not None and not stopped:
            moments.append(self._verify_slot)
        if self.job is not None:
            moments += [self.job.kill_at or self.job.terminate_at or now + timedelta(seconds=TICK)]
        else:
            waiting = (self._refresh_at, self._not_before if self._due else None, self._verify_at)
            moments += [moment for moment in waiting if moment]
        return max(0.0, min((TICK, *((moment - now).total_seconds() for moment in moments))))

    @property
    def _schedule(self) -> Schedule:
        if self._snapshot is None or self.config.expression is None:
            raise RuntimeError("nothing is scheduled")
        return Schedule(self.config.expression, ZoneInfo(self.config.zone or self._snapshot.time_zone))

    @property
    def _verify_schedule(self) -> Schedule:
        if self._snapshot is None or self.config.verify is None:
            raise RuntimeError("no verification is scheduled")
        return Schedule(self.config.verify, ZoneInfo(self.config.zone or self._snapshot.time_zone))

    def _parts(self) -> set[str]:
        if self._snapshot is None:
            return set()
        return {database.alias for database in self._snapshot.databases} | ({MEDIA} if self._snapshot.media else set())

    def _delay(self, part: str) -> timedelta:
        known = self._snapshot.databases if self._snapshot else ()
        identity = next((database.identity for database in known if database.alias == part), "media")
        return delay(identity, self.config.jitter)

    def _next_slot(self, part: str, now: datetime) -> datetime:
        """Returns the next slot of a part, counting a slot whose delay has not passed yet."""
        return self._schedule.after(now - self._delay(part))

    def _log_next_run(self) -> None:
        moment = min((slot + self._delay(part) for part, slot in self._slots.items()), default=None)
        if moment is not None:
            self._log("schedule.next", "The next backup is at %s.", self._format(moment))

    def _format(self, moment: datetime) -> str:
        zone = ZoneInfo(self.config.zone or (self._snapshot.time_zone if self._snapshot else "UTC"))
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")

    @staticmethod
    def _log(event: str, message: str, *values: object) -> None:
        logger.info(message, *values, extra={"event": event})
