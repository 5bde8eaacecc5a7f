"""A sleep that ends early when a signal arrives or a child process ends."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType
from typing import Self

_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SignalWakeup:
    """A context in which signals interrupt only ``wait``. ``stop_signal`` is the first signal that stops, or None."""

    def __init__(self) -> None:
        self.stop_signal: int | None = None

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._woken_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = {
            number: signal.signal(number, self._handle)
            for number in (*_STOP, signal.SIGCHLD)
            if signal.getsignal(number) is not signal.SIG_IGN  # nohup ignores SIGHUP
        }
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken_before)
        os.close(self._read)
        os.close(self._write)

    def wait(self, seconds: float) -> None:
        """Sleeps up to ``seconds``; returns early after a signal or the end of a child."""
        if select.select([self._read], [], [], max(0.0, seconds))[0]:
            os.read(self._read, 1 << 16)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if number in _STOP and self.stop_signal is None:
            self.stop_signal = number
