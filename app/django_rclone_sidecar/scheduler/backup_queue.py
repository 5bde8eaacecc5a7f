"""The backups to make: the next slot of each part, and the parts that are due.

A part is due when its slot has come and its delay has passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django_rclone_sidecar.scheduler.events import log
from django_rclone_sidecar.scheduler.job import Job
from django_rclone_sidecar.scheduler.retries import Retries
from django_rclone_sidecar.scheduler.snapshot import Snapshot
from django_rclone_sidecar.scheduler.timetable import MEDIA, Timetable


@dataclass(slots=True)
class BackupQueue:
    """The slots, and the parts to back up as soon as no job is running."""

    timetable: Timetable
    _slots: dict[str, datetime] = field(default_factory=dict)
    """The next slot of each part."""
    _due: set[str] = field(default_factory=set)
    _not_before: datetime | None = None
    """When the next try may start."""
    _retries: Retries = field(default_factory=Retries)
    _catch_up_pending: bool = True
    """Whether slots that were missed while the scheduler was down have not been looked for yet."""

    def update(self, snapshot: Snapshot, now: datetime, *, first: bool) -> None:
        """Plans the slots of the parts that a snapshot shows. ``first`` tells whether it is the first snapshot."""
        table = self.timetable
        if first and table.config.on_start:
            self._due |= table.parts
        if table.config.expression is None:
            if first:
                log("schedule.off", "The schedule is off: only backups made by others are monitored.")
            return
        self._slots = {part: self._slots.get(part) or table.next_slot(part, now) for part in table.parts}
        if self._catch_up_pending and snapshot.reached:
            self._catch_up_pending = False
            self._catch_up(snapshot, now)
        if first and self._slots:
            log("schedule.next", "The next backup is at %s.", table.format(min(self.slots_with_delays)))

    def collect_due(self, now: datetime, job: Job | None) -> None:
        """Makes parts due whose slot has come, and plans their next slot. Several missed slots are one run."""
        for part, slot in self._slots.items():
            if slot + self.timetable.delay(part) > now:
                continue
            self._slots[part] = self.timetable.next_slot(part, now)
            if job is not None and part in job.parts:
                began = self.timetable.format(job.started_at)
                log("schedule.skipped", "Skipped a slot: the run begun at %s has not ended.", began)
            else:
                self._make_due({part})

    def is_due(self, now: datetime) -> bool:
        """Returns whether a run should start."""
        return bool(self._due) and (self._not_before is None or now >= self._not_before)

    def take_due(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """Removes and returns the due parts to run together, with the arguments for them."""
        self._due &= self.timetable.parts
        databases = sorted(self._due - {MEDIA})
        parts, arguments = frozenset(self._due), ["backup"]
        if self._due != self.timetable.parts and databases:
            parts = frozenset(databases)
            arguments += [word for alias in databases for word in ("-d", alias)]
        elif self._due != self.timetable.parts:
            arguments = ["media-backup"]
        self._due -= parts
        return parts, tuple(arguments)

    def retry(self, parts: Iterable[str], code: int, now: datetime) -> bool:
        """Makes parts due again, if a run with this exit code is to be repeated. Returns whether it is."""
        moment = self._retries.next(code, now)
        if moment is None:
            return False
        self._due |= set(parts)
        self._not_before = moment
        log("run.again", "The run is tried again at %s.", self.timetable.format(moment))
        return True

    @property
    def slots_with_delays(self) -> list[datetime]:
        """When each part becomes due."""
        return [slot + self.timetable.delay(part) for part, slot in self._slots.items()]

    @property
    def retry_at(self) -> datetime | None:
        """When a run is tried again; None if none is due."""
        return self._not_before if self._due else None

    def adjust_to_clock_set_back(self, now: datetime, back: timedelta) -> None:
        """Plans the slots anew: the planned ones would come too late."""
        for part, slot in self._slots.items():
            self._slots[part] = min(slot, self.timetable.backups.second_after(now))
        self._not_before = self._not_before and self._not_before - back

    def _catch_up(self, snapshot: Snapshot, now: datetime) -> None:
        """Makes the databases due whose newest backup is older than the last slot."""
        missed = set()
        for database in snapshot.databases:
            slot = self.timetable.backups.at_or_before(now - self.timetable.delay(database.alias))
            if database.newest is None or database.newest < slot:
                missed.add(database.alias)
        if missed and missed == self.timetable.parts - {MEDIA}:
            missed = self.timetable.parts
        if missed - self._due:
            named = ", ".join(sorted(missed - {MEDIA}))
            log("schedule.missed", "No backup of %s since the last slot: starting one now.", named)
        if missed:
            self._make_due(missed)

    def _make_due(self, parts: Iterable[str]) -> None:
        """Makes parts due now. Parts that wait for another try are due now too."""
        self._due |= set(parts)
        self._not_before = None
        self._retries.reset()
