"""Signals that end a run: each becomes an exception, raised only when the run can clean up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django_rclone.exceptions import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _State:
    """Nesting depth of ``signals_deferred`` blocks, the signal deferred to their end, and the last signal received."""

    depth = 0
    deferred: int | None = None
    received: int | None = None


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
    _State.received = None
    try:
        yield
    finally:
        _State.received = None
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Defers signals to the end of the outermost such block, then raises Interrupted.

    Without it, an exception between a fork and the recording of the new program would leave that program running.
    """
    _State.depth += 1
    try:
        yield
    finally:
        _State.depth -= 1
        if _State.depth == 0 and _State.deferred is not None:
            number, _State.deferred = _State.deferred, None
            raise Interrupted(number)


def raise_if_interrupted() -> None:
    """Raises Interrupted again if a signal came and the code that was running caught the exception.

    That may be a log handler, a finalizer or a receiver of Django's signals.
    """
    if _State.received is not None:
        raise Interrupted(_State.received)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _State.received = number
    if _State.depth:
        _State.deferred = number
    else:
        raise Interrupted(number)
