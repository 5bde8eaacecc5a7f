"""Programs of one stream and the pumps between them: started together and ended together."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from django_rclone.command import Command
from django_rclone.process.child import Process, end, start
from django_rclone.process.interrupts import signals_deferred
from django_rclone.process.parent_death import SUPPORTED as KILLED_WITH_PARENT
from django_rclone.process.pump import Pump
from django_rclone.streams import Filter, Gate

# The kernel closes the descriptors of a killed process before it kills its children, so on a busy machine rclone could
# see end-of-file after our death and publish a cut object. The guard process also holds rclone's input open, and is
# killed after rclone. It does nothing else.
# PATH may lack sleep, so it is not used. Python is only the fallback: where it is embedded, sys.executable is another
# program.
_SLEEP = shutil.which("sleep", path=os.defpath)
_GUARD = Command((_SLEEP, "2147483647") if _SLEEP else (sys.executable, "-IS", "-c", "import signal; signal.pause()"))
ROOT_CAUSE_WAIT = 10.0
"""Seconds to wait, after a failure, for a failure nearer to the source, which would be its cause."""


class Pipeline:
    """Programs of one stream and the pumps between them. As a context manager, it ends all of them on exit."""

    def __init__(self, parts: Sequence[Command | Filter], gate: Gate, stdout: int | None = None) -> None:
        self.processes: list[Process] = []
        self.pumps: list[Pump] = []
        self._guards: list[Process] = []
        first, *rest = parts
        assert isinstance(first, Command), "a stream begins with a program"
        try:
            with open(os.devnull, "rb") as null:  # noqa: PTH123
                readable = self._start(first, null.fileno())
            filters: list[Filter] = []
            for index, part in enumerate(rest):
                if isinstance(part, Command):
                    last = index == len(rest) - 1
                    readable = self._join(readable, filters, part, gate if last else None, stdout)
                    filters = []
                else:
                    filters.append(part)
        except BaseException:
            self._close()
            raise

    def _start(self, command: Command, stdin: int) -> int:
        """Starts a program and returns the descriptor to read its output from."""
        readable, writable = _pipe()
        try:
            self.processes.append(Process(command, stdin, writable))
        except BaseException:
            os.close(readable)
            raise
        finally:
            os.close(writable)
        return readable

    def _join(self, source: int, filters: list[Filter], command: Command, gate: Gate | None, stdout: int | None) -> int:
        """Connects ``source`` through a pump to a new program, and returns the descriptor of the program's output.

        The last program, which has a gate, writes to ``stdout``; for it, -1 is returned.
        """
        stdin, writable = _pipe()
        self.pumps.append(Pump(source, writable, filters, gate))
        try:
            if gate is None:
                return self._start(command, stdin)
            with open(os.devnull, "r+b") as null:  # noqa: PTH123
                self.processes.append(Process(command, stdin, null.fileno() if stdout is None else stdout))
                if KILLED_WITH_PARENT:
                    # Started last, because the kernel kills children in the order of their start.
                    self._guards.append(Process(_GUARD, null.fileno(), null.fileno(), keep=[writable]))
            return -1
        finally:
            os.close(stdin)

    def __enter__(self) -> Self:
        try:
            for process in self.processes:
                process.drain()
            for pump in self.pumps:
                start(pump)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._close()

    def _close(self) -> None:
        with signals_deferred():
            # Programs first: if a pipe were closed before, the program that reads it would see end-of-file.
            end(self.processes)
            end(self._guards)
            for pump in self.pumps:
                pump.abandon()

    def release(self) -> None:
        """Passes the held-back bytes and end-of-file to the last program. Raises if the gate objects."""
        end(self._guards)
        self.last_pump.release()

    @property
    def upstream(self) -> list[Process]:
        """All programs before the last."""
        return self.processes[:-1]

    @property
    def sink(self) -> Process:
        """The last program."""
        return self.processes[-1]

    @property
    def last_pump(self) -> Pump:
        """The pump that writes to the last program."""
        return self.pumps[-1]

    def raise_first_failure(self) -> None:
        """Raises the failure nearest to the source, which is the cause of others. The last program is not checked."""
        for process, pump in zip(self.upstream, self.pumps, strict=True):
            if process.failed:
                raise process.failure()
            if pump.error is not None:
                raise pump.error

    def wait_for_root_cause(self) -> None:
        """Waits until the programs before the last have had time to fail: one of them may be the cause of a failure."""
        deadline = time.monotonic() + ROOT_CAUSE_WAIT
        for pump, process in zip(self.pumps, self.upstream, strict=True):
            pump.drained.wait(max(0, deadline - time.monotonic()))
            if pump.drained.is_set():
                process.wait(1)


def _pipe() -> tuple[int, int]:
    readable, writable = os.pipe()
    if sys.platform.startswith("linux"):
        import fcntl  # noqa: PLC0415 - not available everywhere

        with suppress(PermissionError):  # over the user's limit for pipes: the default size works too
            fcntl.fcntl(writable, fcntl.F_SETPIPE_SZ, Pump.CHUNK)
    return readable, writable
