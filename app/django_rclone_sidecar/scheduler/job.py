"""The one child of the schedule that runs: asked to end when its time is over, and killed when it does not."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

_LAST_CHANCE = timedelta(minutes=1)
"""Between SIGTERM and SIGKILL."""


class Child(Protocol):
    """A run that was started."""

    @property
    def returncode(self) -> int | None: ...

    def signal(self, number: int) -> None: ...

    def answer(self) -> str: ...


@dataclass(slots=True)
class Running:
    """What runs now. ``end_by`` is when it is asked to end, None: never; ``kill_by`` when it has been."""

    child: Child
    started: datetime
    parts: frozenset[str] = frozenset()
    """Empty: it only observes."""
    end_by: datetime | None = None
    kill_by: datetime | None = None

    def limit(self, now: datetime) -> bool:
        """Ends what has had its time. Returns whether it was asked to just now."""
        if self.kill_by is not None:
            if now >= self.kill_by:
                self.kill_by = now + _LAST_CHANCE
                self.child.signal(signal.SIGKILL)
            return False
        if self.end_by is None or now < self.end_by:
            return False
        self.kill_by = now + _LAST_CHANCE
        self.child.signal(signal.SIGTERM)
        return True

    def move_back(self, back: timedelta) -> None:
        """Keeps its time as long as it was where the clock was put back."""
        self.end_by = self.end_by and self.end_by - back
        self.kill_by = self.kill_by and self.kill_by - back
