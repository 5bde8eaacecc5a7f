"""A stream through several programs, to its end (``pipe``, ``collect``) or in part (``peek``).

The last program takes end-of-file for the end of complete data: rclone publishes the object, psql takes its script for
complete. So ``pipe`` and ``collect`` pass on end-of-file only after every program before the last has exited with 0 and
every filter has accepted the stream. Otherwise they kill the last program while its input is still open. If this
process itself is killed, the kernel kills the programs (Linux).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from django_rclone.command import Command
from django_rclone.process.collector import collected_output
from django_rclone.process.interrupts import signals_deferred
from django_rclone.process.limits import NO_LIMITS, Limits
from django_rclone.process.pipeline import Pipeline
from django_rclone.process.watchdog import TICK, Watchdog
from django_rclone.streams import Filter, Gate


def pipe(
    *parts: Command | Filter,
    gate: Gate = Gate(hold=0),
    limits: Limits = NO_LIMITS,
    tick: Callable[[], None] | None = None,
) -> None:
    """Runs the programs among ``parts`` as one stream, with the filters between them.

    The first and the last part must be commands. ``gate`` is applied before the last. ``tick`` is called about five
    times a second in the caller's thread. Raises the failure nearest to the source, after all programs have ended.
    """
    with ExitStack() as stack:
        with signals_deferred():
            pipeline = stack.enter_context(Pipeline(parts, gate))
        _run_to_end(pipeline, Watchdog(pipeline, limits, tick))


def collect(*parts: Command | Filter, limits: Limits = NO_LIMITS, tick: Callable[[], None] | None = None) -> bytes:
    """Runs a stream like ``pipe`` and returns the last program's output, which is kept in memory."""
    with ExitStack() as stack:
        with signals_deferred(), collected_output() as (write, output):
            pipeline = stack.enter_context(Pipeline(parts, Gate(hold=0), stdout=write))
        _run_to_end(pipeline, Watchdog(pipeline, limits, tick))
    return output()


def _run_to_end(pipeline: Pipeline, watchdog: Watchdog) -> None:
    while not pipeline.last_pump.drained.is_set():
        pipeline.last_pump.changed.wait(TICK)
        watchdog.check()
    for process in pipeline.upstream:
        while process.wait(TICK) is None:
            watchdog.check()
    pipeline.raise_first_failure()
    pipeline.release()
    watchdog.commit()


def peek(*parts: Command | Filter, timeout: float = 300) -> bytes:
    """Returns the last program's output. It may exit before it has read everything; the others are then ended."""
    with ExitStack() as stack:
        with signals_deferred(), collected_output() as (write, output):
            pipeline = stack.enter_context(Pipeline(parts, Gate(hold=0), stdout=write))
        watchdog = Watchdog(pipeline, Limits(timeout=timeout), None)
        while pipeline.sink.wait(0.02) is None:
            watchdog.check_limits()
            if pipeline.last_pump.drained.is_set():
                pipeline.release()
        if pipeline.sink.returncode != 0:
            pipeline.wait_for_root_cause()
            pipeline.raise_first_failure()
            raise pipeline.sink.failure()
    return output()
