"""Stall detection: the time of a program's last activity, and the message for a program that stalls."""

from __future__ import annotations

import time
from collections.abc import Callable

from django_rclone import setting_names
from django_rclone.command import Command
from django_rclone.process.child import Process, last_output


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


def stall_message(seconds: float, process: Process) -> str:
    """Returns the message for a program that made no progress for ``seconds``."""
    name, setting = process.command.program, setting_names.current().setting("STALL_TIMEOUT")
    return f"Nothing moved for {seconds:g} s while waiting for {name} ({setting}).{last_output(process)}"
