"""One program: its input and output, its time limit and its stall limit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from django_rclone.command import Command
from django_rclone.process.child import Process, end
from django_rclone.process.collector import collected_output
from django_rclone.process.descriptors import content_file
from django_rclone.process.interrupts import signals_deferred
from django_rclone.process.limits import Limits
from django_rclone.process.stall import Activity, LimitWatch


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
        with signals_deferred(), collected_output(activity.record) as (write, output), content_file(stdin) as source:
            process = Process(command, source.fileno(), write)
            stack.callback(end, [process])
            process.drain(activity.read_line)
        watch = LimitWatch(process, Limits(timeout=timeout, stall=stall), lambda: activity.last)
        while process.wait(watch.seconds_left()) is None:
            watch.check_timeout()
            watch.check_stall()
    if process.returncode != 0:
        raise process.failure()
    return output()
