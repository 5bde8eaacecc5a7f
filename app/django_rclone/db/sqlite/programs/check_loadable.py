"""Checks whether SQL text of a SQLite database could be loaded, and which values it would change.

Usage: ``check_loadable.py PATH WAIT``. Needs only the standard library. Fails if the text could not be loaded: rows
that violate NOT NULL, UNIQUE or a STRICT type exist after old bugs of SQLite and edits of the schema table, and SQLite
rejects them when they are inserted again. For values that would come back changed it prints one line per column. It
changes nothing, and reads the whole database.
"""

from __future__ import annotations

import math
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

_ALL = 2**31 - 1
_WIDTH = 200
"""Columns that one statement reads: SQLite limits its results and terms."""
# Output of integrity_check about values: https://www.sqlite.org/src/file/src/pragma.c
_REJECTED = re.compile(r"(?P<what>NULL|non-\w+) value in (?P<where>.+)")
_CONVERTED = re.compile(r"(?:TEXT|NUMERIC) value in (?P<where>.+)")
_DUPLICATE = re.compile(r"non-unique entry in index (?P<index>.+)")
_INCOMPLETE = re.compile(r"row \d+ missing from index (?P<index>.+)")
# What .dump preserves: text as far as its first NUL, in UTF-8; numbers as 20 digits, infinities as 1e999.
_TEXT = "CASE WHEN typeof({0}) = 'text' THEN CAST(printf('%s', {0}) AS BLOB) IS NOT CAST({0} AS BLOB) END"
_REAL = (
    "CASE WHEN typeof({0}) <> 'real' OR {0} IN (9e999, -9e999) THEN 0 WHEN {0} = 0 THEN is_negative({0}) "
    "ELSE CAST(printf('%!.20g', {0}) AS REAL) IS NOT {0} END"
)
_LENGTH = (
    "CASE typeof({0}) WHEN 'blob' THEN 2 * length({0}) + 4 WHEN 'text' THEN length(CAST({0} AS BLOB)) + 3 ELSE 30 END"
)
_FILE_KEEPS = 'FORMAT "file" keeps them.'


class ConfigurationError(Exception):
    """The text could not be loaded; the message says why, and what to do."""


class NotLoadable(ConfigurationError):
    """Some rows keep the text from being loaded; the caller of this program knows what to change."""


def check(path: Path, wait: float) -> Iterator[str]:
    """Yields a sentence for each column whose values would come back changed. Raises ConfigurationError if the text
    could not be loaded."""
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    address = f"{path.as_uri()}?mode={mode}"
    with closing(sqlite3.connect(address, uri=True, timeout=wait, isolation_level=None)) as database:
        database.execute("PRAGMA query_only = ON")
        database.execute("PRAGMA ignore_check_constraints = ON")  # they apply to new rows, and loading ignores them
        database.create_function("is_negative", 1, lambda number: math.copysign(1, number) < 0, deterministic=True)
        database.execute("BEGIN")
        yield from _constraints(database)
        for table, columns in _tables(database):
            for first in range(0, len(columns), _WIDTH):
                yield from _values(database, table, columns[first : first + _WIDTH])


def _constraints(database: sqlite3.Connection) -> Iterator[str]:
    reported = set()
    for (fault,) in database.execute(f"PRAGMA integrity_check({_ALL})"):
        if found := _REJECTED.fullmatch(fault):
            raise NotLoadable(
                f"{found['where']} holds a {found['what']} value, which its declaration does not allow, so SQL text of "
                "it could not be loaded."
            )
        if found := _DUPLICATE.fullmatch(fault):
            where, _unique = _columns_of(database, found["index"])
            raise NotLoadable(
                f"{where} has duplicate values that must be unique (index {found['index']}), so SQL text of it could "
                "not be loaded."
            )
        if found := _INCOMPLETE.fullmatch(fault):
            where, unique = _columns_of(database, found["index"])
            if unique:  # rows that it lacks may be duplicates
                raise ConfigurationError(
                    f"{where} must be unique, and its index {found['index']} lacks rows, so it is not sure that SQL "
                    f'text of it could be loaded. Repair the index: REINDEX "{found["index"]}".'
                )
        if (found := _CONVERTED.fullmatch(fault)) and fault not in reported:
            reported.add(fault)
            yield (
                f"{found['where']} has values of another type than its declaration, which SQL text converts. "
                f"{_FILE_KEEPS}"
            )


def _columns_of(database: sqlite3.Connection, index: str) -> tuple[str, bool]:
    """Returns the table and columns of an index, and whether it is unique."""
    query = (
        "SELECT i.tbl_name, l.\"unique\", (SELECT group_concat(name, ', ') FROM pragma_index_info(i.name)) "
        "FROM sqlite_master i, pragma_index_list(i.tbl_name) l WHERE i.type = 'index' AND i.name = ?1 AND l.name = ?1"
    )
    table, unique, columns = database.execute(query, (index,)).fetchone()
    return f"{table} ({columns or 'an expression'})", bool(unique)


def _tables(database: sqlite3.Connection) -> list[tuple[str, list[str]]]:
    """Returns each table that stores rows, with the columns that .dump writes."""
    query = (
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE t.type = 'table' "
        "AND t.rootpage > 0 AND substr(t.name, 1, 7) <> 'sqlite_' AND c.hidden = 0 ORDER BY t.rowid, c.cid"
    )
    found: dict[str, list[str]] = {}
    for table, column in database.execute(query):
        found.setdefault(table, []).append(column)
    return list(found.items())


def _values(database: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[str]:
    quoted = [_quoted(column) for column in columns]
    tests = [f"max({form.format(column)})" for column in quoted for form in (_TEXT, _REAL)]
    length = "+".join(_LENGTH.format(column) for column in quoted)
    query = f"SELECT max({length}), {', '.join(tests)} FROM {_quoted(table)} NOT INDEXED"  # noqa: S608 - quoted
    longest, *changed = database.execute(query).fetchone()
    limit = database.getlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH)
    if (longest or 0) + 1000 > limit:
        raise NotLoadable(
            f"{table} ({', '.join(columns)}) has a row that is {longest:,} characters of SQL text, and SQLite loads "
            f"at most {limit:,}."
        )
    for number, column in enumerate(columns):
        if changed[2 * number]:
            yield (
                f"{table}.{column} has texts that SQL text changes: they are cut at NUL characters, and half a "
                f"surrogate pair or a noncharacter in UTF-16 becomes another character. {_FILE_KEEPS}"
            )
        if changed[2 * number + 1]:
            yield (
                f"{table}.{column} has numbers that sqlite3 {sqlite3.sqlite_version} does not read back as they were: "
                f"next to the largest or the smallest, or -0.0. {_FILE_KEEPS}"
            )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def main(arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    path, wait = arguments
    try:
        for sentence in check(Path(os.fsdecode(path)), float(wait)):
            print(" ".join(sentence.split()))
    except (sqlite3.Error, OSError, ConfigurationError) as error:
        text = " ".join(str(error).split())
        return f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {text}"
    return 0
