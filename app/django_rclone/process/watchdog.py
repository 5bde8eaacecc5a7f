"""Supervision of a running pipeline: time limits, early exits, progress, the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django_rclone import vocabulary
from django_rclone.command import Command
from django_rclone.exceptions import DjangoRcloneError, Interrupted, Unavailable
from django_rclone.process.child import GRACE, Process, last_words
from django_rclone.process.interrupts import insist
from django_rclone.process.pipeline import ROOT_CAUSE, Pipeline

TICK = 0.2
"""Seconds between two checks of time limits and programs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Maximum duration of a stream (``timeout``) and of a standstill (``stall``), in seconds; None: no limit."""

    timeout: float | None = None
    stall: float | None = None


NO_LIMITS = Limits()


class Activity:
    """Time of a program's last activity: bytes on stdout, or a line on stderr that shows progress."""

    def __init__(self, command: Command, on_line: Callable[[str], None] | None) -> None:
        self._progress = command.progress or (lambda _line: time.monotonic())
        self._on_line = on_line
        self._far: object = None
        self.last = time.monotonic()

    def moved(self) -> None:
        """Records activity now."""
        self.last = time.monotonic()

    def read_line(self, line: str) -> None:
        """Processes a line of stderr."""
        far = self._progress(line)
        if far is not None and far != self._far:
            self._far = far
            self.moved()
        if self._on_line is not None:
            self._on_line(line)


def stall_message(seconds: float, process: Process) -> str:
    """Returns the message for a program that made no progress for ``seconds``."""
    name, setting = process.command.program, vocabulary.current().setting("STALL_TIMEOUT")
    return f"Nothing moved for {seconds:g} s while waiting for {name} ({setting}).{last_words(process)}"


class Watchdog:
    """Supervises a running pipeline: time limits, early exits, progress, the commit."""

    def __init__(self, pipeline: Pipeline, limits: Limits, tick: Callable[[], None] | None) -> None:
        self._pipeline = pipeline
        self._limits = limits
        self._tick = tick or (lambda: None)
        self._began = time.monotonic()
        self._broken_since: float | None = None
        self._committing_since: float | None = None

    def look(self) -> None:
        """Calls ``tick``, and raises if the pipeline can no longer succeed."""
        pipeline = self._pipeline
        self._tick()
        insist()
        self.check_clocks()
        if pipeline.last.sink_closed or pipeline.sink.returncode is not None:
            pipeline.sink.wait(GRACE)
            if not pipeline.sink.command.may_stall:  # a client fails on data that was damaged upstream
                pipeline.wait_for_root_cause()
            pipeline.raise_first_failure()
            raise self._ended_early()
        if any(
            process.returncode or pump.error for process, pump in zip(pipeline.upstream, pipeline.pumps, strict=True)
        ):
            self._broken_since = self._broken_since or time.monotonic()
            if time.monotonic() - self._broken_since > ROOT_CAUSE:
                pipeline.raise_first_failure()

    def commit(self) -> None:
        """Waits for the last program, which has received end-of-file.

        A database client may finish even if a signal comes: if it were killed during its commit, the state of the
        database would be unknown. Raises the program's failure if it fails.
        """
        self._committing_since = time.monotonic()
        try:
            self._wait_for_sink()
        except (KeyboardInterrupt, Interrupted):
            if self._pipeline.sink.command.may_stall:
                raise
            self._wait_for_sink()
            raise
        finally:
            if self._pipeline.sink.returncode:
                raise self._pipeline.sink.failure()
        if self._pipeline.last.sink_closed:
            raise self._ended_early()

    def _wait_for_sink(self) -> None:
        while self._pipeline.sink.wait(TICK) is None:
            self._tick()
            if self._pipeline.sink.command.may_stall:
                self.check_clocks()

    def _ended_early(self) -> DjangoRcloneError:
        sink = self._pipeline.sink
        if sink.returncode:
            return sink.failure()
        return DjangoRcloneError(f"{sink.command.program} ended before it had read everything.")

    def check_clocks(self) -> None:
        """Raises Unavailable if the stream exceeds the timeout, or if one program exceeds the stall limit."""
        now = time.monotonic()
        timeout, stall = self._limits.timeout, self._limits.stall
        if timeout is not None and now - self._began > timeout:
            setting = vocabulary.current().setting("TIMEOUT")
            raise Unavailable(
                f"It was not done within {timeout:g} s ({setting}).{last_words(*self._pipeline.processes)}"
            )
        for since, process in self._waits():
            if stall is not None and since is not None and process.command.may_stall and now - since > stall:
                raise Unavailable(stall_message(stall, process))

    def _waits(self) -> Iterator[tuple[float | None, Process]]:
        """Yields each program with the time since when the pipeline waits for it; None if it does not."""
        for process, pump in zip(self._pipeline.upstream, self._pipeline.pumps, strict=True):
            yield pump.reading_since, process
        yield self._committing_since or self._pipeline.last.writing_since, self._pipeline.sink
