"""Liveness of the scheduler: a time stamp in memory, written by the scheduler and read by the web server.

It does not use a file system, so that a full or read-only disk cannot stop it.
"""

from __future__ import annotations

import os
import struct
import time
from contextlib import suppress
from typing import BinaryIO

from django_rclone.process.descriptors import content_file

VARIABLE = "DJANGO_RCLONE_LIVENESS"
"""Number of the file descriptor that the children of ``serve`` inherit."""

FRESH = 60.0
"""Seconds without a report after which the scheduler counts as dead. It reports every 15."""

_FORM = struct.Struct("d")


def create() -> BinaryIO:
    """Returns the open file that the children inherit, with the current time in it."""
    return content_file(_FORM.pack(time.monotonic()))


def report_alive() -> None:
    """Records that the scheduler is alive."""
    if (descriptor := _descriptor()) is not None:
        os.pwrite(descriptor, _FORM.pack(time.monotonic()), 0)


def seconds_since_report() -> float | None:
    """Returns the seconds since the last report; None if this process has no scheduler."""
    descriptor = _descriptor()
    if descriptor is None:
        return None
    with suppress(OSError, struct.error):
        return time.monotonic() - float(_FORM.unpack(os.pread(descriptor, _FORM.size, 0))[0])
    return None


def _descriptor() -> int | None:
    number = os.environ.get(VARIABLE, "")
    return int(number) if number.isdecimal() else None
