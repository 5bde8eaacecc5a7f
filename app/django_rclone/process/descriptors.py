"""Files in memory that programs inherit: secrets and attached content never appear in their arguments."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from django_rclone.command import Attached, Command


@contextmanager
def arguments_and_descriptors(command: Command) -> Iterator[tuple[list[str], list[int]]]:
    """Yields argv and the descriptors to inherit, whose paths replace attached content and secrets in argv."""
    argv: list[str] = []
    files: list[BinaryIO] = []
    try:
        for part in command.argv:
            if isinstance(part, str):
                argv.append(part)
            else:
                content = part.content if isinstance(part, Attached) else part.value.encode()
                files.append(content_file(content))
                argv.append(f"{part.flag}/dev/fd/{files[-1].fileno()}")
        yield argv, [file.fileno() for file in files]
    finally:
        for file in files:
            file.close()


def content_file(content: bytes, *, append: bool = False) -> BinaryIO:
    """Returns an open file with ``content``, positioned at its start; on Linux in memory, elsewhere on disk.

    With ``append``, all is written to its end, wherever that is.
    """
    if sys.platform.startswith("linux"):
        file: BinaryIO = os.fdopen(os.memfd_create("django-rclone"), "w+b")
        os.fchmod(file.fileno(), 0o600)  # MySQL's clients ignore an option file that is writable by others
    else:
        import tempfile  # noqa: PLC0415 - takes 10 ms to import, and Linux does not need it

        file = tempfile.TemporaryFile()  # type: ignore[assignment]  # noqa: SIM115 - no files in memory here
    file.write(content)
    file.flush()
    file.seek(0)
    if append:
        import fcntl  # noqa: PLC0415 - not available everywhere

        fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
    return file
