"""Prints the facts about a SQLite database as one JSON object.

Usage: ``probe.py PATH WAIT``. Needs only the standard library. Changes nothing, never creates the database, and waits
up to WAIT seconds for other processes that have locked it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

COUNTING = 2.0
"""Seconds that counting rows may take, for all tables together."""
_HEADER = 100
_MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, 1.3 "The Database Header"


def probe(path: Path, wait: float) -> dict[str, Any]:
    """Returns the facts."""
    path = path.resolve()
    found: dict[str, Any] = {"path": str(path), "exists": path.exists(), "library": sqlite3.sqlite_version, "size": 0}
    if not found["exists"]:
        return found
    # Read before SQLite opens the file: closing a second descriptor would drop the locks of the first.
    with path.open("rb") as file:
        header = file.read(_HEADER)
    found |= {"size": path.stat().st_size, "writable": os.access(path, os.W_OK)}
    found["journal_mode"] = {1: "rollback", 2: "wal"}.get(header[18], "") if header.startswith(_MAGIC) else ""
    try:
        with closing(_connect(path)) as database:
            _begin(database, wait)
            (page_size,) = database.execute("PRAGMA page_size").fetchone()
            (pages,) = database.execute("PRAGMA page_count").fetchone()
            found |= {"size": pages * page_size, "page_size": page_size, "dbpage": _has_dbpage(database)}
            found["migrations"] = _migrations(database)
            found["tables"], found["row_counts"] = _tables(database)
            found["schema"] = _schema(database)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        found["damaged"] = str(error)  # not an error: the database may need a restore
    return found


def _connect(path: Path) -> sqlite3.Connection:
    """Opens the database; for writing where possible: a reader can neither roll back after a crash, nor remove the
    files that SQLite puts next to a database in WAL mode."""
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    database = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=0, isolation_level=None)
    database.execute("PRAGMA query_only = ON")
    return database


def _begin(database: sqlite3.Connection, wait: float) -> None:
    """Begins a read transaction. Tries often, since busy writers leave small gaps between their locks."""
    end = time.monotonic() + wait
    while True:
        try:
            database.execute("BEGIN")
            database.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            database.execute("ROLLBACK")
            time.sleep(0.003)
        else:
            return


def _has_dbpage(database: sqlite3.Connection) -> bool:
    try:
        database.execute("SELECT pgno FROM sqlite_dbpage LIMIT 1")
    except sqlite3.OperationalError:
        return False
    return True


def _migrations(database: sqlite3.Connection) -> dict[str, str]:
    try:
        return dict(database.execute("SELECT app, name FROM django_migrations ORDER BY id"))
    except sqlite3.OperationalError:  # no such table
        return {}


def _tables(database: sqlite3.Connection) -> tuple[dict[str, int], str]:
    """Returns the row count of each table, and whether all of them were counted."""
    found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'")
    names = [name for (name,) in found]
    analysed = _analysed(database)
    rows: dict[str, int] = {}
    with _interrupted_after(database, COUNTING) as time_is_up:
        for name in names:
            if not time_is_up() and name not in analysed:
                _add_number(database, "count(*)", name, rows)
    exact = len(rows) == len(names)
    for name in names:
        if name in analysed:
            rows[name] = analysed[name]
        elif name not in rows:
            _add_number(database, "max(rowid)", name, rows)
    return dict(sorted(rows.items())), "exact" if exact else "estimated"


def _schema(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Returns the statements that .dump writes, each with the name of the table that it creates or an empty string.
    Virtual tables are not created again: .dump writes their rows of the schema table."""
    query = (
        "SELECT iif(type = 'table', name, ''), sql FROM sqlite_master WHERE sql IS NOT NULL AND "
        "substr(name, 1, 7) <> 'sqlite_' AND (type <> 'table' OR rootpage > 0) ORDER BY type <> 'table', rowid"
    )
    return [(table, sql) for table, sql in database.execute(query)]


def _analysed(database: sqlite3.Connection) -> dict[str, int]:
    """Returns the row counts that ANALYZE recorded: the largest first number of a table's indexes, some of which may be
    partial."""
    try:
        statistics = database.execute("SELECT tbl, stat FROM sqlite_stat1").fetchall()
    except sqlite3.OperationalError:  # no such table
        return {}
    rows: dict[str, int] = {}
    for table, statistic in statistics:
        number = str(statistic).split(" ", 1)[0]
        if number.isdigit():
            rows[table] = max(rows.get(table, 0), int(number))
    return rows


def _add_number(database: sqlite3.Connection, what: str, table: str, rows: dict[str, int]) -> None:
    """Adds the number to ``rows``, unless it cannot be read (a virtual table of a module that only the app has)."""
    quoted = '"' + table.replace('"', '""') + '"'
    for hint in ("", " NOT INDEXED"):  # an index may have a collation that only the app has
        with suppress(sqlite3.OperationalError):
            (number,) = database.execute(f"SELECT {what} FROM {quoted}{hint}").fetchone()  # noqa: S608 - quoted above
            if isinstance(number or 0, int):
                rows[table] = number or 0
            return


@contextmanager
def _interrupted_after(database: sqlite3.Connection, seconds: float) -> Iterator[Any]:
    """Interrupts statements after ``seconds``; yields a function that returns whether that time has passed."""
    end = time.monotonic() + seconds
    done = threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            database.interrupt()
            wait = 0.02  # again, in case the first interrupt came between two statements

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: time.monotonic() > end
    finally:
        done.set()
        watcher.join()


def main(arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    path, wait = arguments
    try:
        print(json.dumps(probe(Path(os.fsdecode(path)), float(wait))))
    except (sqlite3.Error, OSError) as error:
        return f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
    return 0
