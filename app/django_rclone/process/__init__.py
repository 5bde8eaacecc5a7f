"""The only package that starts programs: ``run`` one, ``peek`` at a stream's beginning, ``pipe`` a whole stream.

A pipe never lies. The last program's end-of-file, which rclone takes as "commit" and psql as "go on", is given
only when every program before it has ended 0 and every filter has agreed; in every other case it is killed with
its input still open. Should this process itself be killed, the kernel kills its children (Linux).
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

__all__ = ["NO_LIMITS", "Attached", "Command", "Limits", "Secret", "peek", "pipe", "run"]


def run(
    command: Command,
    *,
    stdin: bytes = b"",
    timeout: float | None = 300,
    stall: float | None = None,
    on_line: Callable[[str], None] | None = None,
) -> bytes:
    """Runs one program and returns its stdout; ``on_line`` gets each line of its stderr as it comes, in a thread.

    Raises what ``command.explain`` makes of an exit code other than 0, and Unavailable after ``timeout`` seconds, or
    ``stall`` seconds in which it printed nothing and came no further (``command.progress``).
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

    First and last must be commands. ``gate`` stands before the last. ``tick`` is called about five times a second
    in the caller's thread. Raises the failure that came first in the stream, after everything was ended.
    """
    with ExitStack() as stack:
        with held():
            pipeline = stack.enter_context(Pipeline(parts, gate))
        watchdog = Watchdog(pipeline, limits, tick)
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
    """Returns what the last program prints. It may end before it has read everything; the others are ended then."""
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
    """Gives a descriptor for a program to write to, and what returns all that was written when it has ended;
    ``moved`` is called when something comes.

    The program is started inside the block, the thread that reads at its end: no forks with threads of ours.
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
