"""Transport of bytes from one program to the next, through filters."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from django_rclone.streams import Filter, Gate


class Pump(threading.Thread):
    """Thread that moves bytes from ``readable`` through the filters to ``writable``, and closes both at the end.

    The last pump has a ``gate``: the bytes that the gate holds back, and end-of-file, wait for ``release``. If the
    reader stops early, the stream is still read (and hashed) to its end.
    """

    CHUNK = 1 << 20
    # After a small piece, a short wait lets the pipe fill: a program that writes small pieces then takes a tenth of the
    # reads here, and of the CPU time of the receiving rclone. A fast writer never triggers the wait.
    _SMALL = 64 * 1024
    _FILL_WAIT = 0.01

    def __init__(self, readable: int, writable: int, filters: Sequence[Filter], gate: Gate | None) -> None:
        super().__init__(name="pump", daemon=True)
        self._readable = readable
        self._writable = writable
        self._filters = filters
        self._active = len(filters)  # number of filters that still get data
        self._gate = gate
        self._held = bytearray()
        self._head_done = gate is None or gate.head is None
        self._ended = threading.Event()
        self._released = False
        self.reading_since: float | None = None
        self.writing_since: float | None = None
        self.sink_closed = False
        self.error: BaseException | None = None
        self.drained = threading.Event()
        """Set when all data has been read and filtered; only the bytes that the gate holds back are left."""
        self.changed = threading.Event()

    def release(self) -> None:
        """Passes on the held-back bytes and end-of-file. Raises the gate's error instead if it refuses the bytes."""
        if self._gate is not None and self._gate.tail is not None:
            self._held[:] = self._gate.tail(bytes(self._held))
        self._released = True
        self._ended.set()

    def abandon(self) -> None:
        """Ends the pump without a release. To be called after the programs at both ends have ended."""
        self._ended.set()
        if self.ident is None:
            self._close()
        else:
            self.join()

    def run(self) -> None:
        try:
            self._move()
        except Exception as error:
            self.error = error
        self.drained.set()
        self.changed.set()
        if self._gate is not None:
            self._ended.wait()
            if self._released:
                self._write(bytes(self._held))
        self._close()

    def _close(self) -> None:
        os.close(self._readable)
        os.close(self._writable)

    def _move(self) -> None:
        while data := self._read():
            self._push(data)
        for index in range(len(self._filters)):
            if index < self._active:
                self._push_all(self._filters[index].finish, index)
        if not self._head_done:
            self._apply_head()

    def _push(self, data: bytes, index: int = 0) -> None:
        """Passes ``data`` through the filters from ``index`` on, and to the output."""
        if index < self._active:
            self._push_all(lambda: self._filters[index].feed(data), index)
        elif index == len(self._filters):
            self._pass_on(data)

    def _push_all(self, pieces: Callable[[], Iterable[bytes]], index: int) -> None:
        # A filter that raises ends the output, but not the reading: an earlier filter (the hash) may still find the
        # cause, and then its error is the one to report.
        try:
            for piece in pieces():
                self._push(piece, index + 1)
        except Exception as error:
            self.error = error
            self._active = index

    def _read(self) -> bytes:
        self.reading_since = time.monotonic()
        data = os.read(self._readable, self.CHUNK)
        self.reading_since = None
        if 0 < len(data) < self._SMALL:
            time.sleep(self._FILL_WAIT)
        return data

    def _pass_on(self, data: bytes) -> None:
        if self.error is not None or not data:
            return
        if self._gate is None or (self._gate.hold == 0 and self._head_done):
            self._write(data)
            return
        self._held += data
        if not self._head_done and len(self._held) >= self._gate.hold:
            self._apply_head()
        if self._head_done and len(self._held) > self._gate.hold:
            free = len(self._held) - self._gate.hold
            self._write(bytes(self._held[:free]))
            del self._held[:free]

    def _apply_head(self) -> None:
        if self._gate is not None and self._gate.head is not None and self.error is None:
            self._held[:] = self._gate.head(bytes(self._held))
        self._head_done = True

    def _write(self, data: bytes) -> None:
        if self.sink_closed:
            return
        rest = memoryview(data)
        try:
            while rest:
                self.writing_since = time.monotonic()
                rest = rest[os.write(self._writable, rest) :]
        except BrokenPipeError:
            self.sink_closed = True
            self.changed.set()
        finally:
            self.writing_since = None
