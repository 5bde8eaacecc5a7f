"""Retries of runs that could not begin: another run had the lock, or storage or database could not be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django_rclone.exceptions import Locked, Unavailable

_LOCKED_DELAY = timedelta(minutes=1)
_UNAVAILABLE_DELAYS = (timedelta(minutes=5), timedelta(minutes=30))


@dataclass(slots=True)
class Retries:
    """The retries of one run. Those that wait for a lock are not counted."""

    _count: int = 0

    def next(self, code: int, now: datetime) -> datetime | None:
        """Returns when a run with this exit code is tried again; None if it is not."""
        if code == Locked.exit_code:
            return now + _LOCKED_DELAY
        if code == Unavailable.exit_code and self._count < len(_UNAVAILABLE_DELAYS):
            self._count += 1
            return now + _UNAVAILABLE_DELAYS[self._count - 1]
        return None

    def reset(self) -> None:
        """Begins anew, for another run."""
        self._count = 0
