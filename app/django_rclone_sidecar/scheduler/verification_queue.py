"""The verifications to make: their next slot, and when one that is due may start."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django_rclone_sidecar.scheduler.events import log
from django_rclone_sidecar.scheduler.job import Job
from django_rclone_sidecar.scheduler.retries import Retries
from django_rclone_sidecar.scheduler.timetable import Timetable


@dataclass(slots=True)
class VerificationQueue:
    """The next slot, and the verification that is due."""

    timetable: Timetable
    slot: datetime | None = None
    """The next slot; None if verifications are not scheduled."""
    start_at: datetime | None = None
    """When a verification that is due may start; None if none is due."""
    _retries: Retries = field(default_factory=Retries)

    def plan(self, now: datetime) -> None:
        """Plans the first slot."""
        if self.timetable.config.verify is not None:
            self.slot = self.slot or self.timetable.verifications.after(now)

    def collect_due(self, now: datetime, job: Job | None) -> None:
        """Makes a verification due if its slot has come, and plans the next slot."""
        if self.slot is None or self.slot > now:
            return
        self.slot = self.timetable.verifications.after(now)
        if job is not None and job.verifies:
            began = self.timetable.format(job.started_at)
            log("verify.skipped", "Skipped a verification: the one begun at %s has not ended.", began)
        else:
            self.start_at = now
            self._retries.reset()

    def is_due(self, now: datetime) -> bool:
        """Returns whether a verification should start."""
        return self.start_at is not None and now >= self.start_at

    def take_due(self) -> tuple[str, ...]:
        """Removes the due verification, and returns the arguments for it."""
        self.start_at = None
        return ("verify", "--latest", "--level", self.timetable.config.verify_level)

    def retry(self, code: int, now: datetime) -> None:
        """Makes a verification due again, if one with this exit code is to be repeated."""
        self.start_at = self._retries.next(code, now)
        if self.start_at is not None:
            log("verify.again", "The verification is tried again at %s.", self.timetable.format(self.start_at))

    def adjust_to_clock_set_back(self, now: datetime, back: timedelta) -> None:
        """Plans the slot anew: the planned one would come too late."""
        if self.slot is not None:
            self.slot = min(self.slot, self.timetable.verifications.second_after(now))
        self.start_at = self.start_at and self.start_at - back
