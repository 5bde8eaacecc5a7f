"""Programs of one stream and the pumps between them, started and ended together."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from django_rclone.command import Command
from django_rclone.process.child import DIES_WITH_US, Process, end, start
from django_rclone.process.interrupts import held
from django_rclone.process.pump import Pump
from django_rclone.streams import Filter, Gate

# When we are killed, the kernel first closes our descriptors and then kills our children: on a busy machine rclone has
# time to see end-of-file, and to commit. So a guard process also holds its input open, and dies no sooner than rclone.
# PATH is not used: it may lack sleep. sys.executable is the fallback: where Python is embedded, it is not a Python.
_SLEEP = shutil.which("sleep", path=os.defpath)
_GUARD = Command((_SLEEP, "2147483647") if _SLEEP else (sys.executable, "-IS", "-c", "import signal; signal.pause()"))
ROOT_CAUSE = 10.0  # seconds to wait in a broken stream for the failure nearest to the source


class Pipeline:
    """Programs of one stream, and the pumps between them. A context manager: on exit nothing is left running."""

    def __init__(self, parts: Sequence[Command | Filter], gate: Gate, stdout: int | None = None) -> None:
        self.processes: list[Process] = []
        self.pumps: list[Pump] = []
        self._guards: list[Process] = []
        first, *rest = parts
        assert isinstance(first, Command), "a stream begins with a program"
        try:
            with open(os.devnull, "rb") as nothing:  # noqa: PTH123
                readable = self._start(first, nothing.fileno())
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
        """Connects ``source`` to a pump and a new program, and returns the descriptor of its output.

        The last program, which has a gate, writes to ``stdout``; then -1 is returned.
        """
        stdin, writable = _pipe()
        self.pumps.append(Pump(source, writable, filters, gate))
        try:
            if gate is None:
                return self._start(command, stdin)
            with open(os.devnull, "r+b") as nowhere:  # noqa: PTH123
                self.processes.append(Process(command, stdin, nowhere.fileno() if stdout is None else stdout))
                if DIES_WITH_US:
                    # Started last and so killed last: the kernel kills children in the order of their start.
                    self._guards.append(Process(_GUARD, nowhere.fileno(), nowhere.fileno(), keep=[writable]))
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
        with held():
            # Kill first: if we closed our end of a pipe, a program would take its input for complete.
            end(self.processes)
            end(self._guards)
            for pump in self.pumps:
                pump.abandon()

    def release(self) -> None:
        """Passes the held-back bytes and end-of-file to the last program. Raises if the gate objects."""
        end(self._guards)
        self.last.release()

    @property
    def upstream(self) -> list[Process]:
        return self.processes[:-1]

    @property
    def sink(self) -> Process:
        return self.processes[-1]

    @property
    def last(self) -> Pump:
        return self.pumps[-1]

    def raise_first_failure(self) -> None:
        """Raises the failure nearest to the source, which caused the others. The last program is not checked."""
        for process, pump in zip(self.upstream, self.pumps, strict=True):
            if process.failed:
                raise process.failure()
            if pump.error is not None:
                raise pump.error

    def wait_for_root_cause(self) -> None:
        """Waits for the programs before the failed one to show whether one of them failed first."""
        until = time.monotonic() + ROOT_CAUSE
        for pump, process in zip(self.pumps, self.upstream, strict=True):
            pump.drained.wait(max(0, until - time.monotonic()))
            if pump.drained.is_set():
                process.wait(1)


def _pipe() -> tuple[int, int]:
    readable, writable = os.pipe()
    if sys.platform.startswith("linux"):
        import fcntl  # noqa: PLC0415 - not available everywhere

        with suppress(PermissionError):  # over the user's limit for pipes: small ones work too
            fcntl.fcntl(writable, fcntl.F_SETPIPE_SZ, Pump.CHUNK)
    return readable, writable
