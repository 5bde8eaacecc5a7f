"""The one child of the schedule that runs: asked to end when its time is over, and killed when it does not."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

_KILL_DELAY = timedelta(minutes=1)
"""Between SIGTERM and SIGKILL."""


class ChildProcess(Protocol):
    """A run that was started."""

    @property
    def returncode(self) -> int | None: ...

    def signal(self, number: int) -> None: ...

    def answer(self) -> str: ...


@dataclass(slots=True)
class Job:
    """What runs now. ``terminate_at`` is when it is asked to end, None: never; ``kill_at`` when it has been."""

    child: ChildProcess
    started_at: datetime
    parts: frozenset[str] = frozenset()
    """Empty: it only observes."""
    terminate_at: datetime | None = None
    kill_at: datetime | None = None

    def enforce_deadline(self, now: datetime) -> bool:
        """Ends what has had its time. Returns whether it was asked to just now."""
        if self.kill_at is not None:
            if now >= self.kill_at:
                self.kill_at = now + _KILL_DELAY
                self.child.signal(signal.SIGKILL)
            return False
        if self.terminate_at is None or now < self.terminate_at:
            return False
        self.kill_at = now + _KILL_DELAY
        self.child.signal(signal.SIGTERM)
        return True

    def shift_deadlines(self, back: timedelta) -> None:
        """Keeps its time as long as it was where the clock was put back."""
        self.terminate_at = self.terminate_at and self.terminate_at - back
        self.kill_at = self.kill_at and self.kill_at - back
