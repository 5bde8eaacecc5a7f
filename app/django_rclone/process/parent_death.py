"""Signals that the kernel sends to our programs when this process dies (Linux only)."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_prctl: Callable[[int, int], int] | None = (
    ctypes.CDLL(None, use_errno=True).prctl if sys.platform.startswith("linux") else None
)
SUPPORTED = _prctl is not None
"""Whether the kernel can signal the programs that this process started when this process dies."""


def signal_on_parent_death(parent: int, number: int) -> Callable[[], None] | None:
    """Returns a ``preexec_fn`` that requests signal ``number`` for the death of ``parent``; None if not supported."""
    if _prctl is None:
        return None

    def request(prctl: Callable[[int, int], int] = _prctl) -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # the parent died before the request
            os._exit(127)

    return request
