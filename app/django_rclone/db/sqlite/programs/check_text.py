"""Reads stdin, and ends with 0 only if it is SQL text with the last statement of sqlite3's ``.dump``, ``COMMIT;``.

Needs only the standard library. Checks the text of a stored backup; ``check_sql`` checks that of a running dump.
"""

from __future__ import annotations

import sys

_CHUNK = 1 << 20
_END = b"COMMIT;"
_KEPT = 4096
"""Bytes of the end that are examined; more white space after the last statement is not expected."""


def main(_arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    end = b""
    try:
        while chunk := sys.stdin.buffer.read(_CHUNK):
            end = (end + chunk[-_KEPT:])[-_KEPT:]
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    if not end.rstrip().endswith(_END):
        return "Damaged: its SQL text does not end with COMMIT."
    return 0
