"""Output that cannot be written: the run goes on, and its own outcome decides the exit code."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

_STANDARD = (0, 1, 2)


class Tolerant:
    """A text stream whose first failure ends the writing and nothing else.

    ``error`` is that failure. The stream may be None: so Python names a standard stream that was closed at the start.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.error: OSError | None = None if stream is not None else OSError(errno.EBADF, os.strerror(errno.EBADF))

    def write(self, text: str = "", *arguments: Any, **options: Any) -> int:
        """Writes the text; characters that the stream's encoding lacks are escaped."""
        try:
            self._do("write", text, *arguments, **options)
        except UnicodeEncodeError as error:
            plain = text.encode(error.encoding, errors="backslashreplace").decode(error.encoding)
            self._do("write", plain, *arguments, **options)
        return len(text)

    def flush(self) -> None:
        self._do("flush")

    def isatty(self) -> bool:
        return self.error is None and bool(self._stream.isatty())

    @property
    def lost(self) -> str:
        """Why what was written is missing where somebody wants it; empty where all is well, or the reader has left."""
        self.flush()
        gone = self.error is None or self.error.errno == errno.EPIPE
        return "" if gone or self.error is None else self.error.strerror or str(self.error)

    def _do(self, method: str, *arguments: Any, **options: Any) -> None:
        if self.error is None:
            try:
                getattr(self._stream, method)(*arguments, **options)
            except UnicodeEncodeError:
                raise
            except OSError as error:
                self.error = error
            except (ValueError, AttributeError) as error:  # a file that is closed; None below Django's wrapper
                self.error = OSError(errno.EBADF, str(error))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def open_standard_descriptors() -> None:
    """Gives stdin, stdout and stderr a place where they were closed: else the next file that is opened, a database or
    the input of another program, becomes one of them."""
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


def flush_standard_streams() -> None:
    """Makes the interpreter's end quiet: it flushes stdout and stderr, and ends with 120 where it cannot."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
