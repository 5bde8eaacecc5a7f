"""Prints the result of one query, without a right to change the database.

Usage: ``query.py PATH SQL``. Needs only the standard library. Prints each row as a line, its values separated by tabs.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def run(path: Path, sql: str) -> None:
    """Prints the rows."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None)) as database:
        database.execute("PRAGMA query_only = ON")
        for row in database.execute(sql):
            print("\t".join("" if value is None else str(value) for value in row))


def main(arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    path, sql = arguments
    try:
        run(Path(path), sql)
    except (sqlite3.Error, sqlite3.Warning) as error:
        return f"ConfigurationError: {' '.join(str(error).split())}"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
