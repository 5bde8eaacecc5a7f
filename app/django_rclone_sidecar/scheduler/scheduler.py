"""The loop that keeps the schedule. Its steps are small, take the time from their caller, and never wait.

A run is due when its slot has come and its delay has passed. Whatever runs is a child process: the loop itself asks
neither a database nor the remote, so that nothing can hold it up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django_rclone.exceptions import DjangoRcloneError, Locked, Unavailable
from django_rclone_sidecar.scheduler import snapshot
from django_rclone_sidecar.scheduler.job import Child, Running
from django_rclone_sidecar.scheduler.schedule import Schedule, delay
from django_rclone_sidecar.scheduler.snapshot import Sight

logger = logging.getLogger(__name__)

TICK = 15.0
"""Seconds after which the loop looks at the clock again, whatever it waits for: somebody may have set it."""

MEDIA = ""
"""Stands for the media files among the aliases."""

_OBSERVE_EVERY = timedelta(minutes=10)
_LOCKED = timedelta(minutes=1)
"""When a run is tried again that found another one at work."""
_RETRIES = (timedelta(minutes=5), timedelta(minutes=30))
"""When a run is tried again that could not reach something."""
_SPARE = timedelta(minutes=5)
"""What a run may take beside its dumps before its deadline."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the environment variables say of the schedule. Durations in seconds."""

    expression: str | None
    """None: nothing is scheduled."""
    zone: str = ""
    """Empty: the target's."""
    jitter: float = 0
    on_start: bool = False
    timeout: float | None = None
    grace: float = 0


@dataclass(slots=True)
class Loop:
    """Decides what runs when. ``code`` is what to end with, None as long as the loop goes on."""

    rules: Rules
    start: Callable[[tuple[str, ...]], Child]
    """Starts the program with these arguments."""
    code: int | None = None
    running: Running | None = None
    _sight: Sight | None = None
    _slots: dict[str, datetime] = field(default_factory=dict)
    """The next slot of each part."""
    _due: set[str] = field(default_factory=set)
    _not_before: datetime | None = None
    _tries: int = 0
    _observe_at: datetime | None = None
    _last_step: datetime | None = None
    _missed_unknown: bool = True
    """Whether it is not known yet if a slot was missed while nobody was here."""
    _stopped_by: int | None = None

    def stop(self, number: int, now: datetime) -> None:
        """Begins nothing any more, and gives what runs its time."""
        if self._stopped_by is not None:
            return
        self._stopped_by = number
        if self.running is not None:
            grace = self.rules.grace if self.running.parts else 0
            self.running.end_by = now + timedelta(seconds=grace)
            if grace:
                self._say("serve.stopping", "Asked to stop: the run that goes on has %g s to end.", grace)

    def step(self, now: datetime) -> float:
        """Does what is due, and returns after how many seconds to come back at the latest."""
        self._follow_the_clock(now)
        self._look_after_child(now)
        if self._stopped_by is not None and self.running is None:
            self.code = self.code if self.code is not None else 128 + self._stopped_by
        if self._stopped_by is None and self.code is None:
            self._collect(now)
            self._begin(now)
        return self._pause(now)

    def _follow_the_clock(self, now: datetime) -> None:
        """Where the clock was put back by hand, nothing that has been planned comes later than it should."""
        back = self._last_step - now if self._last_step is not None else timedelta()
        self._last_step = now
        if back <= timedelta():
            return
        for part, slot in self._slots.items():
            # Put back a little, the next slot is the one that was run just now: it is not run twice.
            self._slots[part] = min(slot, self._schedule.after(self._schedule.after(now)))
        self._observe_at = self._observe_at and self._observe_at - back
        self._not_before = self._not_before and self._not_before - back
        if self.running is not None:
            self.running.move_back(back)

    def _look_after_child(self, now: datetime) -> None:
        running = self.running
        if running is None:
            return
        code = running.child.returncode
        if code is not None:
            self.running = None
            if running.parts:
                self._run_ended(running, code, now)
            else:
                self._observed(running, code, now)
        elif running.limit(now) and running.parts:
            self._say("run.cancelled", "The run that began at %s is cancelled.", self._shown(running.started))

    def _run_ended(self, running: Running, code: int, now: datetime) -> None:
        self._observe_at = now
        if code == Locked.exit_code:
            self._again(running.parts, now + _LOCKED)
        elif code == Unavailable.exit_code and self._tries < len(_RETRIES):
            self._again(running.parts, now + _RETRIES[self._tries])
            self._tries += 1
        elif code < 0:
            self._say("run.killed", "The run that began at %s was killed.", self._shown(running.started))

    def _again(self, parts: Iterable[str], moment: datetime) -> None:
        self._due |= set(parts)
        self._not_before = moment
        self._say("run.again", "It is tried again at %s.", self._shown(moment))

    def _observed(self, running: Running, code: int, now: datetime) -> None:
        self._observe_at = now + _OBSERVE_EVERY
        try:
            if code == 0:
                self._see(snapshot.from_json(running.child.answer()), now)
                return
        except ValueError as error:
            logger.error("What was observed cannot be understood: %s.", error, extra={"event": "observe.failed"})
        if self._sight is None and self._stopped_by is None:
            # Nothing is known of the target: whoever starts us again, or mends it, must hear of that now.
            if running.kill_by is not None:  # it was ended because it took too long
                code = Unavailable.exit_code
            self.code = code if code > 0 else DjangoRcloneError.exit_code

    def _see(self, seen: Sight, now: datetime) -> None:
        first = self._sight is None
        if self._sight is not None and not seen.reached:
            seen = replace(seen, media=self._sight.media)  # nobody could look whether there are any
        self._sight = seen
        if first and self.rules.on_start:
            self._due |= self._parts()
        if self.rules.expression is None:
            if first:
                self._say("schedule.off", "Nothing is scheduled: the backups that others make are watched.")
            return
        self._slots = {part: self._slots.get(part) or self._next(part, now) for part in self._parts()}
        if self._missed_unknown and seen.reached:
            self._missed_unknown = False
            self._catch_up(seen, now)
        if first:
            self._say_next()

    def _catch_up(self, seen: Sight, now: datetime) -> None:
        """Makes what was missed due, once: where the newest backup is older than the last slot that has passed."""
        missed = set()
        for database in seen.databases:
            slot = self._schedule.at_or_before(now - self._delay(database.alias))
            if database.newest is None or database.newest < slot:
                missed.add(database.alias)
        if missed and missed == self._parts() - {MEDIA}:
            missed = self._parts()
        if missed - self._due:
            named = ", ".join(sorted(missed - {MEDIA}))
            self._say("schedule.missed", "No backup of %s since the last slot: it is made now.", named)
        if missed:
            self._make_due(missed)

    def _make_due(self, parts: Iterable[str]) -> None:
        """Has the parts done now, also those that wait to be tried again."""
        self._due |= set(parts)
        self._not_before, self._tries = None, 0

    def _collect(self, now: datetime) -> None:
        """Makes due what has come, and plans the next slot of it: as many as have passed, there is one run."""
        for part, slot in self._slots.items():
            if slot + self._delay(part) > now:
                continue
            self._slots[part] = self._next(part, now)
            if self.running is not None and part in self.running.parts:
                began = self._shown(self.running.started)
                self._say("schedule.skipped", "A slot is left out: the run that began at %s still goes on.", began)
            else:
                self._make_due({part})

    def _begin(self, now: datetime) -> None:
        wanted = bool(self._due) and (self._not_before is None or now >= self._not_before)
        if self.running is not None:
            if wanted and not self.running.parts and self.running.end_by is not None:
                self.running.end_by = min(self.running.end_by, now)  # a look can wait, a backup cannot
        elif wanted:
            self._begin_run(now)
        elif self._observe_at is None or now >= self._observe_at:
            arguments = ("refresh", "--quiet") if self._sight else ("refresh",)
            self.running = Running(self.start(arguments), now, end_by=now + _OBSERVE_EVERY)

    def _begin_run(self, now: datetime) -> None:
        self._due &= self._parts()
        parts, arguments = self._next_run()
        if not parts:
            return
        self._due -= parts
        self.running = Running(self.start(arguments), now, parts)
        if self.rules.timeout is not None:
            self.running.end_by = now + len(parts) * timedelta(seconds=self.rules.timeout) + _SPARE

    def _next_run(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """Returns which of the due parts are done together, and by which arguments."""
        databases = sorted(self._due - {MEDIA})
        if self._due == self._parts():
            return frozenset(self._due), ("backup",)
        if databases:
            return frozenset(databases), ("backup", *(word for alias in databases for word in ("-d", alias)))
        return frozenset(self._due), ("media-backup",)

    def _pause(self, now: datetime) -> float:
        """Returns how long nothing needs to be done."""
        going_on = self._stopped_by is None
        moments = [slot + self._delay(part) for part, slot in self._slots.items() if going_on]
        if self.running is not None:
            moments += [self.running.kill_by or self.running.end_by or now + timedelta(seconds=TICK)]
        else:
            moments += [moment for moment in (self._observe_at, self._not_before if self._due else None) if moment]
        return max(0.0, min((TICK, *((moment - now).total_seconds() for moment in moments))))

    @property
    def _schedule(self) -> Schedule:
        if self._sight is None or self.rules.expression is None:
            raise RuntimeError("nothing is scheduled")
        return Schedule(self.rules.expression, ZoneInfo(self.rules.zone or self._sight.time_zone))

    def _parts(self) -> set[str]:
        if self._sight is None:
            return set()
        return {database.alias for database in self._sight.databases} | ({MEDIA} if self._sight.media else set())

    def _delay(self, part: str) -> timedelta:
        known = self._sight.databases if self._sight else ()
        identity = next((database.identity for database in known if database.alias == part), "media")
        return delay(identity, self.rules.jitter)

    def _next(self, part: str, now: datetime) -> datetime:
        """Returns the next slot of a part: one that has come, but whose delay has not, is still to be done."""
        return self._schedule.after(now - self._delay(part))

    def _say_next(self) -> None:
        moment = min((slot + self._delay(part) for part, slot in self._slots.items()), default=None)
        if moment is not None:
            self._say("schedule.next", "The next backup is made at %s.", self._shown(moment))

    def _shown(self, moment: datetime) -> str:
        zone = ZoneInfo(self.rules.zone or (self._sight.time_zone if self._sight else "UTC"))
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")

    @staticmethod
    def _say(event: str, message: str, *values: object) -> None:
        logger.info(message, *values, extra={"event": event})
