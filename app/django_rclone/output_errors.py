"""Failures to write to stdout and stderr: the run continues, and its result decides the exit code."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

_STANDARD = (0, 1, 2)


class Tolerant:
    """A text stream that does not raise: after a failure, kept in ``error``, it writes nothing more.

    The stream may be None, as Python's standard streams are if they were closed at start.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.error: OSError | None = None if stream is not None else OSError(errno.EBADF, os.strerror(errno.EBADF))

    def write(self, text: str = "", *arguments: Any, **options: Any) -> int:
        """Writes the text. Escapes characters that the stream's encoding lacks."""
        try:
            self._call("write", text, *arguments, **options)
        except UnicodeEncodeError as error:
            plain = text.encode(error.encoding, errors="backslashreplace").decode(error.encoding)
            self._call("write", plain, *arguments, **options)
        return len(text)

    def flush(self) -> None:
        self._call("flush")

    def isatty(self) -> bool:
        return self.error is None and bool(self._stream.isatty())

    @property
    def lost(self) -> str:
        """Reason for lost output; an empty string if all was written, or if the reader closed the pipe."""
        self.flush()
        if self.error is None or self.error.errno == errno.EPIPE:
            return ""
        return self.error.strerror or str(self.error)

    def _call(self, method: str, *arguments: Any, **options: Any) -> None:
        if self.error is None:
            try:
                getattr(self._stream, method)(*arguments, **options)
            except UnicodeEncodeError:
                raise
            except OSError as error:
                self.error = error
            except (ValueError, AttributeError) as error:  # a closed file, or None inside Django's wrapper
                self.error = OSError(errno.EBADF, str(error))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def open_standard_descriptors() -> None:
    """Opens stdin, stdout and stderr on the null device if they are closed.

    Otherwise the next file that is opened, such as a database, would get one of their descriptors.
    """
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number


def flush_standard_streams() -> None:
    """Flushes stdout and stderr, and redirects to the null device what cannot be flushed.

    Otherwise the interpreter, which flushes them at its end, would exit with 120.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
