"""Supervision of a running pipeline: time limits, early exits, progress, the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from django_rclone import setting_names
from django_rclone.exceptions import DjangoRcloneError, Interrupted, Unavailable
from django_rclone.process.child import GRACE, Process, last_output
from django_rclone.process.interrupts import raise_if_interrupted
from django_rclone.process.limits import Limits
from django_rclone.process.pipeline import ROOT_CAUSE_WAIT, Pipeline
from django_rclone.process.stall import stall_message

TICK = 0.2
"""Seconds between two checks of time limits and programs."""


class Watchdog:
    """Supervises a running pipeline: time limits, early exits, progress, the commit."""

    def __init__(self, pipeline: Pipeline, limits: Limits, tick: Callable[[], None] | None) -> None:
        self._pipeline = pipeline
        self._limits = limits
        self._tick = tick or (lambda: None)
        self._began = time.monotonic()
        self._broken_since: float | None = None
        self._committing_since: float | None = None

    def check(self) -> None:
        """Calls ``tick``, and raises if the pipeline can no longer succeed."""
        pipeline = self._pipeline
        self._tick()
        raise_if_interrupted()
        self.check_limits()
        if pipeline.last_pump.sink_closed or pipeline.sink.returncode is not None:
            pipeline.sink.wait(GRACE)
            if pipeline.sink.command.is_loader:  # it also fails on data damaged upstream
                pipeline.wait_for_root_cause()
            pipeline.raise_first_failure()
            raise self._ended_early()
        if any(
            process.returncode or pump.error for process, pump in zip(pipeline.upstream, pipeline.pumps, strict=True)
        ):
            self._broken_since = self._broken_since or time.monotonic()
            if time.monotonic() - self._broken_since > ROOT_CAUSE_WAIT:
                pipeline.raise_first_failure()

    def commit(self) -> None:
        """Waits for the last program, which has received end-of-file.

        A signal does not end a program that loads: the state of a database whose client was killed during its commit
        would be unknown. Raises the program's failure.
        """
        self._committing_since = time.monotonic()
        try:
            self._wait_for_sink()
        except (KeyboardInterrupt, Interrupted):
            if not self._pipeline.sink.command.is_loader:
                raise
            self._wait_for_sink()
            raise
        finally:
            if self._pipeline.sink.returncode:
                raise self._pipeline.sink.failure()
        if self._pipeline.last_pump.sink_closed:
            raise self._ended_early()

    def _wait_for_sink(self) -> None:
        while self._pipeline.sink.wait(TICK) is None:
            self._tick()
            if not self._pipeline.sink.command.is_loader:
                self.check_limits()

    def _ended_early(self) -> DjangoRcloneError:
        sink = self._pipeline.sink
        if sink.returncode:
            return sink.failure()
        return DjangoRcloneError(f"{sink.command.program} ended before it had read everything.")

    def check_limits(self) -> None:
        """Raises Unavailable if the stream exceeds its time limit, or a program the stall limit."""
        now = time.monotonic()
        timeout, stall = self._limits.timeout, self._limits.stall
        if timeout is not None and now - self._began > timeout:
            setting = setting_names.current().setting("TIMEOUT")
            raise Unavailable(
                f"The run did not end within {timeout:g} s ({setting}).{last_output(*self._pipeline.processes)}"
            )
        for since, process in self._waits():
            if stall is not None and since is not None and not process.command.is_loader and now - since > stall:
                raise Unavailable(stall_message(stall, process))

    def _waits(self) -> Iterator[tuple[float | None, Process]]:
        """Yields for each program the time at which the pipeline began to wait for it, or None if it does not wait."""
        for process, pump in zip(self._pipeline.upstream, self._pipeline.pumps, strict=True):
            yield pump.reading_since, process
        yield self._committing_since or self._pipeline.last_pump.writing_since, self._pipeline.sink
