"""A program that runs in the background of a block, for instance to hold a lock."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from django_rclone.command import Command
from django_rclone.exceptions import Unavailable
from django_rclone.process.child import GRACE, Process, end, last_output
from django_rclone.process.interrupts import signals_deferred

_TICK = 0.2


@contextmanager
def hold(command: Command, first: bytes = b"", *, timeout: float = 300) -> Iterator[None]:
    """Runs a program until the block ends. The block begins when the program has printed a line.

    The program reads ``first`` on stdin, and end-of-file at the end of the block, or when this process is killed. If it
    ends early, the block continues. Starts no thread, so the block may start programs. Raises the error from
    ``command.explain`` if the program ends before it has printed a line, and Unavailable after ``timeout`` seconds.
    """
    with ExitStack() as stack:
        with signals_deferred():
            stdin, feed = os.pipe()
            output, stdout = os.pipe()
            try:
                process = Process(command, stdin, stdout)
            except BaseException:
                for descriptor in (stdin, feed, output, stdout):
                    os.close(descriptor)
                raise
            os.close(stdin)
            os.close(stdout)
            stack.callback(_end, process, feed, output)
        with suppress(BrokenPipeError):  # it has ended, which is reported below
            os.write(feed, first)
        _wait_for_line(process, output, timeout)
        yield


def _wait_for_line(process: Process, output: int, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    printed = b""
    while b"\n" not in printed:
        ready, _, _ = select.select([output], [], [], _TICK)
        data = os.read(output, 1 << 16) if ready else b""
        printed += data
        if ready and not data:  # it has closed its stdout: it is ending
            process.drain()
            process.wait(GRACE)
            raise process.failure()
        if time.monotonic() > deadline:
            process.drain()
            raise Unavailable(f"{process.command.program} did not answer within {timeout:g} s.{last_output(process)}")


def _end(process: Process, feed: int, output: int) -> None:
    os.close(feed)
    os.close(output)
    process.wait(GRACE)
    end([process])
