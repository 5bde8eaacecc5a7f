"""Copies stdin to stdout, and ends with 0 only if it was the complete SQL text of sqlite3's ``.dump``.

Needs only the standard library. sqlite3 ends with 0 even if ``.dump`` could not read everything; the last statement
shows it: ``COMMIT;``, or ``ROLLBACK; -- due to errors``.
"""

from __future__ import annotations

import sys

_CHUNK = 1 << 20
_END = b"COMMIT;\n"


def main(_arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    end = b""
    try:
        while chunk := sys.stdin.buffer.read(_CHUNK):
            sys.stdout.buffer.write(chunk)
            end = (end + chunk[-64:])[-64:]
        sys.stdout.buffer.flush()
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    if not end.endswith(_END):
        return "Damaged: sqlite3 could not read all of the database. Check it with PRAGMA integrity_check."
    return 0
