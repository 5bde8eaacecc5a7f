"""Several programs and the pumps between them, started and ended together."""

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

# When we are killed, the kernel closes our descriptors first and kills our children then: on a busy machine rclone has
# the time to see end-of-file, and to commit. So somebody else holds its input open as well, and dies no sooner.
# Not by PATH: it may have no sleep on it. sys.executable is no Python where Python is embedded, so it comes second.
_SLEEP = shutil.which("sleep", path=os.defpath)
_GUARD = Command((_SLEEP, "2147483647") if _SLEEP else (sys.executable, "-IS", "-c", "import signal; signal.pause()"))
ROOT_CAUSE = 10.0  # seconds that the rest of a broken stream gets to show where it broke first


class Pipeline:
    """The programs of one stream, and the pumps between them. A context: it leaves nothing running behind."""

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
        """Starts a program whose output goes on, and returns the end to read it from."""
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
        """Puts a pump and a program behind ``source``; the last program (it has a gate) prints to ``stdout``."""
        stdin, writable = _pipe()
        self.pumps.append(Pump(source, writable, filters, gate))
        try:
            if gate is None:
                return self._start(command, stdin)
            with open(os.devnull, "r+b") as nowhere:  # noqa: PTH123
                self.processes.append(Process(command, stdin, nowhere.fileno() if stdout is None else stdout))
                if DIES_WITH_US:
                    # Started last, and so killed last: the kernel goes through children in the order of their birth.
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
            # Kill first: an end of ours that closes would tell a program that its input is complete.
            end(self.processes)
            end(self._guards)
            for pump in self.pumps:
                pump.abandon()

    def release(self) -> None:
        """Gives the last program the held-back bytes and end-of-file."""
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
        """Raises what went wrong nearest to the source, but for the last program: the rest follows from it."""
        for process, pump in zip(self.upstream, self.pumps, strict=True):
            if process.failed:
                raise process.failure()
            if pump.error is not None:
                raise pump.error

    def wait_for_root_cause(self) -> None:
        """Gives what stands before the program that failed a moment to show whether it failed first."""
        until = time.monotonic() + ROOT_CAUSE
        for pump, process in zip(self.pumps, self.upstream, strict=True):
            pump.drained.wait(max(0, until - time.monotonic()))
            if pump.drained.is_set():
                process.wait(1)


def _pipe() -> tuple[int, int]:
    readable, writable = os.pipe()
    if sys.platform.startswith("linux"):
        import fcntl  # noqa: PLC0415 - not everywhere

        with suppress(PermissionError):  # over the user's limit for pipes: the small ones work too
            fcntl.fcntl(writable, fcntl.F_SETPIPE_SZ, Pump.CHUNK)
    return readable, writable
