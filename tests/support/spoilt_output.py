"""Programs whose output cannot be written: a prefix for their command lines."""

from __future__ import annotations

import sys

_GONE = "import os, sys; read, write = os.pipe(); os.dup2(write, {0}); os.close(read); os.close(write)"


def closed(number: int) -> tuple[str, ...]:
    """The descriptor is closed from the start."""
    return ("sh", "-c", f'exec "$@" {number}>&-', "sh")


def full(number: int) -> tuple[str, ...]:
    """The descriptor leads to a disk that is full."""
    return ("sh", "-c", f'exec "$@" {number}>/dev/full', "sh")


def gone(number: int) -> tuple[str, ...]:
    """The descriptor leads into a pipe whose reader has left."""
    return (sys.executable, "-c", f"{_GONE.format(number)}; os.execvp(sys.argv[1], sys.argv[1:])")


SPOILT = {"closed": closed, "full": full, "gone": gone}
