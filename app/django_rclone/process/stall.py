"""Stall detection: the time of a program's last activity, its limits, and the message for a program that stalls."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import TIMEOUT_MAX

from django_rclone import setting_names
from django_rclone.command import Command
from django_rclone.exceptions import Unavailable
from django_rclone.process.child import Process, last_output
from django_rclone.process.limits import Limits


class Activity:
    """Time of a program's last activity: output on stdout, or a line on stderr that shows progress."""

    def __init__(self, command: Command, on_line: Callable[[str], None] | None) -> None:
        self._progress = command.progress or (lambda _line: time.monotonic())
        self._on_line = on_line
        self._reached: object = None
        self.last = time.monotonic()

    def record(self) -> None:
        """Records activity now."""
        self.last = time.monotonic()

    def read_line(self, line: str) -> None:
        """Processes a line of stderr."""
        reached = self._progress(line)
        if reached is not None and reached != self._reached:
            self._reached = reached
            self.record()
        if self._on_line is not None:
            self._on_line(line)


class LimitWatch:
    """Watches the limits of one program or request, from now on. ``last``: returns the time of its last activity."""

    def __init__(self, process: Process, limits: Limits, last: Callable[[], float]) -> None:
        self._process, self._limits, self._last = process, limits, last
        self._deadline = time.monotonic() + (limits.timeout or TIMEOUT_MAX)

    @property
    def _stalls_at(self) -> float:
        return self._last() + (self._limits.stall or TIMEOUT_MAX)

    def seconds_left(self) -> float:
        """Returns the seconds until the first limit would be exceeded without activity."""
        return max(0, min(self._deadline, self._stalls_at) - time.monotonic())

    def check_timeout(self) -> None:
        """Raises Unavailable if the time limit is exceeded."""
        if time.monotonic() >= self._deadline:
            name, limit = self._process.command.program, self._limits.timeout
            raise Unavailable(f"{name} did not end within {limit:g} s.{last_output(self._process)}")

    def check_stall(self) -> None:
        """Raises Unavailable if the stall limit is exceeded."""
        if self._limits.stall and time.monotonic() >= self._stalls_at:
            raise Unavailable(stall_message(self._limits.stall, self._process))


def stall_message(seconds: float, process: Process) -> str:
    """Returns the message for a program that made no progress for ``seconds``."""
    name, setting = process.command.program, setting_names.current().setting("STALL_TIMEOUT")
    return f"Nothing moved for {seconds:g} s while waiting for {name} ({setting}).{last_output(process)}"
