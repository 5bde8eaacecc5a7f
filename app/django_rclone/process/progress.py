"""Display of a stream's progress."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from django_rclone import display
from django_rclone.output_errors import Tolerant

_LINE_EVERY = 30.0
"""Seconds between two lines where the output is not a terminal."""
_DRAW_EVERY = 0.1
"""Seconds between two updates on a terminal."""


class Progress:
    """Shows the progress of a stream: one changing line on a terminal, one line every 30 s elsewhere.

    ``done`` returns the bytes so far; ``estimate`` is the expected total in bytes, 0 if unknown.
    """

    def __init__(
        self,
        what: str,
        done: Callable[[], int],
        estimate: int = 0,
        *,
        quiet: bool = False,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._done = done
        self._estimate = estimate
        self._stream = Tolerant(stream or sys.stderr)
        self._clock = clock
        self._quiet = quiet
        self._terminal = self._stream.isatty()
        self._began = self._shown = clock()
        self._width = 0

    def tick(self) -> None:
        """Shows the progress if an update is due."""
        now = self._clock()
        if self._quiet or now - self._shown < (_DRAW_EVERY if self._terminal else _LINE_EVERY):
            return
        self._shown = now
        line = self.line()
        self._stream.write("\r" + line.ljust(self._width) if self._terminal else line + "\n")
        self._width = len(line)
        self._stream.flush()

    def line(self) -> str:
        """Returns the progress: bytes, rate, share of the estimate, time left."""
        seconds = self._clock() - self._began
        done = self._done()
        rate = done / seconds if seconds > 0 else 0.0
        text = f"{self._what}: {display.size(done)}, {display.size(rate)}/s"
        if 0 < done < self._estimate and rate > 0:
            left = (self._estimate - done) / rate
            share = f"{100 * done // self._estimate} % of about {display.size(self._estimate)}"
            text += f", {share}, {display.duration(left)} left"
        return text

    def close(self) -> None:
        """Clears the changing line."""
        if self._terminal and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
