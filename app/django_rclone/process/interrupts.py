"""Signals end a run by an exception, but only at moments at which everything can be put back in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django_rclone.exceptions import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Hold:
    """How many of our callers ask signals to wait, the one that does, and the last that came."""

    depth = 0
    waiting: int | None = None
    heard: int | None = None


@contextmanager
def interruptible() -> Iterator[None]:
    """Turns SIGINT, SIGTERM and SIGHUP into Interrupted. In another thread than the main one it does nothing: there
    the program around us has its own ways."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {
        number: signal.signal(number, _interrupt)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN  # nohup asked us not to hear it
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
    """Makes a signal wait for the end of the block: between a fork and the note of whom we forked nobody could end
    the new program."""
    _Hold.depth += 1
    try:
        yield
    finally:
        _Hold.depth -= 1
        if _Hold.depth == 0 and _Hold.waiting is not None:
            number, _Hold.waiting = _Hold.waiting, None
            raise Interrupted(number)


def insist() -> None:
    """Raises Interrupted again where a signal came and whoever ran just then has swallowed the exception: a log
    handler, a finalizer, a receiver of Django's signals."""
    if _Hold.heard is not None:
        raise Interrupted(_Hold.heard)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _Hold.heard = number
    if _Hold.depth:
        _Hold.waiting = number
    else:
        raise Interrupted(number)
