"""The only package that starts programs: ``run`` one, ``peek`` at the start of a stream, ``pipe`` a whole stream.

The last program of a pipe gets end-of-file, which rclone treats as "commit" and psql as "continue", only after every
program before it has exited with 0 and every filter has accepted the stream. Otherwise it is killed while its input is
still open. If this process itself is killed, the kernel kills its children (Linux).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from django_rclone.command import Attached, Command, Secret
from django_rclone.exceptions import Unavailable
from django_rclone.process.child import GRACE, Process, content_file, end, last_words, start
from django_rclone.process.interrupts import held
from django_rclone.process.pipeline import Pipeline
from django_rclone.process.watchdog import NO_LIMITS, TICK, Activity, Limits, Watchdog, stall_message
from django_rclone.streams import Filter, Gate

__all__ = ["NO_LIMITS", "Attached", "Command", "Limits", "Secret", "collect", "peek", "pipe", "run"]


def run(
    command: Command,
    *,
    stdin: bytes = b"",
    timeout: float | None = 300,
    stall: float | None = None,
    on_line: Callable[[str], None] | None = None,
) -> bytes:
    """Runs one program and returns its stdout; ``on_line`` gets each line of its stderr at once, in a thread.

    Raises the error from ``command.explain`` for an exit code other than 0, and Unavailable after ``timeout`` seconds,
    or after ``stall`` seconds without output or progress (``command.progress``).
    """
    activity = Activity(command, on_line)
    with ExitStack() as stack:
        with held(), _collecting(activity.moved) as (write, output), content_file(stdin) as source:
            process = Process(command, source.fileno(), write)
            stack.callback(end, [process])
            process.drain(activity.read_line)
        until = time.monotonic() + (timeout or threading.TIMEOUT_MAX)
        while True:
            patience = min(until, activity.last + (stall or threading.TIMEOUT_MAX)) - time.monotonic()
            if process.wait(max(0, patience)) is not None:
                break
            now = time.monotonic()
            if now >= until:
                raise Unavailable(f"{command.program} did not end within {timeout:g} s.{last_words(process)}")
            if stall is not None and now >= activity.last + stall:
                raise Unavailable(stall_message(stall, process))
    if process.returncode != 0:
        raise process.failure()
    return output()


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
        with held():
            pipeline = stack.enter_context(Pipeline(parts, gate))
        _carry_through(pipeline, Watchdog(pipeline, limits, tick))


def collect(*parts: Command | Filter, limits: Limits = NO_LIMITS, tick: Callable[[], None] | None = None) -> bytes:
    """Runs a stream like ``pipe`` and returns the last program's output, which is kept in memory."""
    with ExitStack() as stack:
        with held(), _collecting() as (write, output):
            pipeline = stack.enter_context(Pipeline(parts, Gate(hold=0), stdout=write))
        _carry_through(pipeline, Watchdog(pipeline, limits, tick))
    return output()


def _carry_through(pipeline: Pipeline, watchdog: Watchdog) -> None:
    while not pipeline.last.drained.is_set():
        pipeline.last.changed.wait(TICK)
        watchdog.look()
    for process in pipeline.upstream:
        while process.wait(TICK) is None:
            watchdog.look()
    pipeline.raise_first_failure()
    pipeline.release()
    watchdog.commit()


def peek(*parts: Command | Filter, timeout: float = 300) -> bytes:
    """Returns the last program's output. It may exit before it has read everything; the others are then ended."""
    with ExitStack() as stack:
        with held(), _collecting() as (write, output):
            pipeline = stack.enter_context(Pipeline(parts, Gate(hold=0), stdout=write))
        watchdog = Watchdog(pipeline, Limits(timeout=timeout), None)
        while pipeline.sink.wait(0.02) is None:
            watchdog.check_clocks()
            if pipeline.last.drained.is_set():
                pipeline.release()
        if pipeline.sink.returncode != 0:
            pipeline.wait_for_root_cause()
            pipeline.raise_first_failure()
            raise pipeline.sink.failure()
    return output()


@contextmanager
def _collecting(moved: Callable[[], None] = lambda: None) -> Iterator[tuple[int, Callable[[], bytes]]]:
    """Yields a descriptor for a program to write to, and a function that returns its output after it has ended.

    ``moved`` is called whenever data arrives. The program is started inside the block and the reading thread at its
    end, so that this process never forks while it has threads.
    """
    read, write = os.pipe()
    output = bytearray()

    def collect() -> None:
        with os.fdopen(read, "rb") as stream:
            while data := stream.read(1 << 16):
                output.extend(data)
                moved()

    def collected() -> bytes:
        collector.join(GRACE)
        return bytes(output)

    collector = threading.Thread(target=collect, name="output", daemon=True)
    try:
        yield write, collected
        start(collector)
    except BaseException:
        os.close(read)
        raise
    finally:
        os.close(write)
