"""The scheduler's running child process, with its deadlines for SIGTERM and SIGKILL."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

_KILL_DELAY = timedelta(minutes=1)
"""Between SIGTERM and SIGKILL."""


class ChildProcess(Protocol):
    """A started process."""

    @property
    def returncode(self) -> int | None: ...

    def signal(self, number: int) -> None: ...

    def output(self) -> str: ...


@dataclass(slots=True)
class Job:
    """The running process. ``terminate_at`` is when SIGTERM is due, None for never; ``kill_at`` is set after it."""

    child: ChildProcess
    started_at: datetime
    parts: frozenset[str] = frozenset()
    """What a run backs up; empty for a refresh and a verification."""
    terminate_at: datetime | None = None
    kill_at: datetime | None = None
    verifies: bool = False
    """Whether this is a verification."""

    @property
    def refreshes(self) -> bool:
        """Whether this is a refresh: neither a run nor a verification."""
        return not self.parts and not self.verifies

    def enforce_deadline(self, now: datetime) -> bool:
        """Sends SIGTERM or SIGKILL when due. Returns whether SIGTERM was sent now."""
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
        """Keeps the remaining time the same after the clock was set back."""
        self.terminate_at = self.terminate_at and self.terminate_at - back
        self.kill_at = self.kill_at and self.kill_at - back
