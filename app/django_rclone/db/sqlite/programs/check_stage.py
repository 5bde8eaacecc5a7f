"""Checks that a loaded stage is an intact SQLite database, before it replaces the live one.

Usage: ``check_stage.py STAGE [quick]``. Needs only the standard library. Functions and collations that only the app
registers are missing here; tables that need them are checked with substitutes, as far as that is possible.

With ``quick`` only the pages, rows and records are read, and indexes are not compared with their tables. This is enough
if a hash has proven that the bytes are those of the backup: 540 MB take 0.4 s instead of 3.7 s, and an index that was
wrong in the backed-up database does not prevent the restore of its rows.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

_MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, 1.3 "The Database Header"
# Output of integrity_check that is not damage: invalid values, which were there when the backup was made; and a
# full-text index that needs the app's own tokenizer.
_NO_DAMAGE = re.compile(
    r"^(?:ok$|(?:NULL|TEXT|NUMERIC|non-\w+) value in |non-unique entry in |CHECK constraint failed|unable to validate )"
)
# Its output about the entries of an index. https://www.sqlite.org/src/file/src/pragma.c
_OF_INDEXES = re.compile(
    r"^(?:row \d+ (?:missing from|values differ from) |wrong # of entries in |non-unique entry in |row(?:id)? not )"
)
_MISSING = re.compile(
    r"no such collation sequence: (?P<collation>.+)|(?:no such|unknown) function: (?P<function>.+?)(?:\(\))?$"
)


class Damaged(Exception):
    """The backup is not a complete database."""


class _CannotCheck(Exception):
    """The check needs a function or collation that only the app has; the message names it."""


def check(stage: Path, *, quick: bool) -> None:
    """Raises Damaged unless the stage is an intact database. Other restores do not sweep the stage meanwhile."""
    with stage.open("r+b") as locked_stage:
        fcntl.flock(locked_stage, fcntl.LOCK_EX)
        if locked_stage.read(len(_MAGIC)) != _MAGIC:
            raise Damaged("nothing was loaded.")
        try:
            with closing(sqlite3.connect(f"{stage.as_uri()}?immutable=1", uri=True)) as database:
                pragma = "quick_check" if quick else "integrity_check"
                faults = [fault for fault in _faults(database, pragma) if not _NO_DAMAGE.match(fault)]
        except sqlite3.DatabaseError as error:
            raise Damaged(f"its contents are damaged ({error}).") from error
        if faults:
            raise Damaged(f"its contents are damaged ({faults[0].splitlines()[-1]}).")
        os.utime(stage)  # the check may take long, and old stages are swept


def _faults(database: sqlite3.Connection, pragma: str) -> list[str]:
    # CHECK constraints may use functions that only the app registers.
    database.execute("PRAGMA ignore_check_constraints = ON")
    with suppress(_CannotCheck):
        return _run(database, pragma)
    faults, uncheckable = [], []
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0").fetchall()
    for (table,) in [("sqlite_master",), *tables]:
        try:
            faults += _run(database, pragma, table)
        except _CannotCheck:
            uncheckable.append(table)
    for table in uncheckable:  # last: the substitutes stay registered
        faults += [fault for fault in _with_substitutes(database, pragma, table) if not _OF_INDEXES.match(fault)]
    return faults


def _run(database: sqlite3.Connection, pragma: str, table: str = "") -> list[str]:
    """Returns what the check finds. Raises _CannotCheck where it does not run without the app."""
    argument = '("' + table.replace('"', '""') + '")' if table else ""
    try:
        return [fault for (fault,) in database.execute(f"PRAGMA {pragma}{argument}")]
    except sqlite3.OperationalError as error:
        # SQLITE_ERROR, also as SQLITE_ERROR_MISSING_COLLSEQ, is about the statement and not about the file.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_ERROR:
            raise
        raise _CannotCheck(str(error)) from error


def _with_substitutes(database: sqlite3.Connection, pragma: str, table: str) -> list[str]:
    """Returns the faults of a table, checked with substitutes for missing functions and collations: the order and the
    contents of indexes then seem wrong, but all pages, rows and records are read."""
    known: set[str] = set()
    while True:
        try:
            return _run(database, pragma, table)
        except _CannotCheck as error:
            missing = _MISSING.match(str(error))
            if not missing or missing[0] in known:
                return []  # it cannot be checked without the app
            known.add(missing[0])
            if missing["collation"]:
                database.create_collation(missing["collation"], lambda one, other: (one > other) - (one < other))
            else:
                database.create_function(missing["function"], -1, lambda *_: None, deterministic=True)


def main(arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    stage, *quick = arguments
    try:
        check(Path(stage), quick=quick == ["quick"])
    except (sqlite3.Error, OSError, Damaged) as error:
        return f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
    return 0
