"""Passes stdin on to stdout, and ends 0 only if it was whole SQL text of sqlite3's ``.dump``.

A program of its own, which needs the standard library only. sqlite3 ends 0 also when ``.dump`` could not read
everything; the last statement tells: ``COMMIT;``, or ``ROLLBACK; -- due to errors``.
"""

from __future__ import annotations

import sys

_CHUNK = 1 << 20
_END = b"COMMIT;\n"


def main() -> int | str:
    """Returns the exit code, or the one line that says what went wrong."""
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


if __name__ == "__main__":
    sys.exit(main())
