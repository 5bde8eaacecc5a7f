"""Signals that end a run by an exception, but only at moments when the run can clean up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django_rclone.exceptions import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Hold:
    """Nesting depth of ``held`` blocks, the signal that waits for their end, and the last signal received."""

    depth = 0
    waiting: int | None = None
    heard: int | None = None


@contextmanager
def interruptible() -> Iterator[None]:
    """Turns SIGINT, SIGTERM and SIGHUP into Interrupted.

    Does nothing outside the main thread: there the host program handles signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {
        number: signal.signal(number, _interrupt)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN  # nohup ignores SIGHUP on purpose
    }
    _Hold.heard = None
    try:
        yield
    finally:
        _Hold.heard = None
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def held() -> Iterator[None]:
    """Delays signals until the end of the outermost such block, then raises Interrupted.

    Between a fork and the recording of the new program, an exception would leave that program running.
    """
    _Hold.depth += 1
    try:
        yield
    finally:
        _Hold.depth -= 1
        if _Hold.depth == 0 and _Hold.waiting is not None:
            number, _Hold.waiting = _Hold.waiting, None
            raise Interrupted(number)


def insist() -> None:
    """Raises Interrupted again if a signal came and the code running at that moment swallowed the exception.

    Such code may be a log handler, a finalizer or a receiver of Django's signals.
    """
    if _Hold.heard is not None:
        raise Interrupted(_Hold.heard)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _Hold.heard = number
    if _Hold.depth:
        _Hold.waiting = number
    else:
        raise Interrupted(number)
