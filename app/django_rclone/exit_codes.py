"""Exit codes of all commands, for scripts and schedulers. ``exceptions`` has the error behind each."""

from __future__ import annotations

FAILED = 1
WRONG_CONFIGURATION = 2
PARTLY_DONE = 3
LOCKED = 4
VERIFICATION_FAILED = 5
NOTHING_TO_RESTORE = 6
UNAVAILABLE = 75  # EX_TEMPFAIL of sysexits.h


def interrupted(signal_number: int) -> int:
    """Returns the exit code after a signal, as a shell reports it."""
    return 128 + signal_number
