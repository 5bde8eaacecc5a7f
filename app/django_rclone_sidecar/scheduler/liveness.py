"""The pulse of the schedule: a few bytes in memory, which the loop renews and the web server reads.

No file system has a part in it, so that a full or read-only disk cannot stop it.
"""

from __future__ import annotations

import os
import struct
import time
from contextlib import suppress
from typing import BinaryIO

from django_rclone.process.child import content_file

VARIABLE = "DJANGO_RCLONE_PULSE"
"""Tells the children of ``serve`` the number of the descriptor that they inherit."""

FRESH = 60.0
"""Seconds after which a loop that has not ticked counts as dead: it ticks every 15."""

_FORM = struct.Struct("d")


def create() -> BinaryIO:
    """Returns the open file that the children inherit. It counts as fresh: the loop is about to begin."""
    return content_file(_FORM.pack(time.monotonic()))


def report_alive() -> None:
    """Says that the loop lives."""
    if (descriptor := _inherited()) is not None:
        os.pwrite(descriptor, _FORM.pack(time.monotonic()), 0)


def seconds_since_report() -> float | None:
    """Returns how many seconds ago the loop said so; None where there is none."""
    descriptor = _inherited()
    if descriptor is None:
        return None
    with suppress(OSError, struct.error):
        return time.monotonic() - float(_FORM.unpack(os.pread(descriptor, _FORM.size, 0))[0])
    return None


def _inherited() -> int | None:
    number = os.environ.get(VARIABLE, "")
    return int(number) if number.isdecimal() else None
