"""Replaces the live SQLite database by a restored one, or leaves the live one as it is.

Usage: ``replace.py TARGET STAGE WAIT [new]``. Needs only the standard library. Checks the stage (a database file next
to the live one), puts its contents into the live file and removes it. WAIT is the number of seconds to wait for other
processes that have locked the live file. With ``new`` the target must still be empty or missing.

The live file keeps its inode, owner, mode and journal mode: SQLite's backup interface replaces its contents in one
transaction, so open connections see the restored data, and a kill at any moment leaves a journal that the next
connection rolls back. If another file took its place, processes that have the old one open would go on reading and
writing there; so the file is only replaced if SQLite cannot use it, and while no other process has it locked.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

_COMPANIONS = ("-journal", "-wal", "-shm")
# Offsets in the header, https://www.sqlite.org/fileformat.html 1.3: the page size (two bytes), then the journal
# mode twice, for writers and for readers (1 rollback, 2 write-ahead log).
_MAGIC = b"SQLite format 3\0"
_PAGE_SIZE = slice(16, 18)
_MODES = slice(18, 20)
_ROLLBACK, _WAL = b"\1\1", b"\2\2"
# Length and start of the byte range in which every user of the file holds locks: PENDING_BYTE and what follows it,
# https://www.sqlite.org/fileformat.html 1.5 "The Lock-Byte Page".
_LOCKS = (512, 0x40000000)
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
_IN_USE = "other processes have it locked. Stop them, then try again."


class ConfigurationError(Exception):
    """The request cannot work; the message says what to change."""


class Damaged(Exception):
    """The backup is not a complete database."""


class _CannotCheck(Exception):
    """integrity_check needs a function or collation that only the app has; the message names it."""


class Unavailable(Exception):
    """Other processes have used the live database for longer than WAIT."""


def commit(target: Path, stage: Path, wait: float, *, new: bool) -> None:
    """Checks the stage, puts its contents into the live file, and removes it."""
    with stage.open("r+b", buffering=0) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        mode = _set_rollback_mode(held)
        check(stage)
        end = time.monotonic() + wait
        if new and target.exists() and target.stat().st_size:
            raise ConfigurationError(
                f"{target} exists by now and is not empty. Choose another name, or remove it first."
            )
        if target.exists() or not publish(stage, target, held, mode):
            try:
                _copy_contents(stage, target, end)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                    raise
                replace(stage, target, held, mode, end)
    stage.unlink(missing_ok=True)


def _set_rollback_mode(stage: BinaryIO) -> bytes:
    """Sets the stage to rollback-journal mode, so that it is one file, and returns the mode that it had."""
    header = os.pread(stage.fileno(), 100, 0)
    if not header.startswith(_MAGIC):
        raise Damaged("nothing was loaded.")
    os.pwrite(stage.fileno(), _ROLLBACK, _MODES.start)
    return header[_MODES]


def check(stage: Path) -> None:
    """Raises Damaged unless the stage is an intact database, as far as can be checked without the app's own functions
    and collations."""
    try:
        with closing(_open(stage, "immutable=1")) as database:
            faults = [fault for fault in _faults(database) if not _NO_DAMAGE.match(fault)]
    except sqlite3.DatabaseError as error:
        raise Damaged(f"its contents are damaged ({error}).") from error
    if faults:
        raise Damaged(f"its contents are damaged ({faults[0].splitlines()[-1]}).")


def _faults(database: sqlite3.Connection) -> list[str]:
    # CHECK constraints may use functions that only the app registers.
    database.execute("PRAGMA ignore_check_constraints = ON")
    with suppress(_CannotCheck):
        return _integrity(database)
    faults, uncheckable = [], []
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0").fetchall()
    for (table,) in [("sqlite_master",), *tables]:
        try:
            faults += _integrity(database, table)
        except _CannotCheck:
            uncheckable.append(table)
    for table in uncheckable:  # last: the substitutes stay registered
        faults += [fault for fault in _with_substitutes(database, table) if not _OF_INDEXES.match(fault)]
    return faults


def _integrity(database: sqlite3.Connection, table: str = "") -> list[str]:
    """Returns what integrity_check finds. Raises _CannotCheck where it does not run without the app."""
    argument = '("' + table.replace('"', '""') + '")' if table else ""
    try:
        return [fault for (fault,) in database.execute(f"PRAGMA integrity_check{argument}")]
    except sqlite3.OperationalError as error:
        # SQLITE_ERROR, also as SQLITE_ERROR_MISSING_COLLSEQ, is about the statement and not about the file.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_ERROR:
            raise
        raise _CannotCheck(str(error)) from error


def _with_substitutes(database: sqlite3.Connection, table: str) -> list[str]:
    """Returns the faults of a table, checked with substitutes for missing functions and collations: the order and the
    contents of indexes then seem wrong, but all pages, rows and records are read."""
    known: set[str] = set()
    while True:
        try:
            return _integrity(database, table)
        except _CannotCheck as error:
            missing = _MISSING.match(str(error))
            if not missing or missing[0] in known:
                return []  # it cannot be checked without the app
            known.add(missing[0])
            if missing["collation"]:
                database.create_collation(missing["collation"], lambda one, other: (one > other) - (one < other))
            else:
                database.create_function(missing["function"], -1, lambda *_: None, deterministic=True)


def publish(stage: Path, target: Path, held: BinaryIO, mode: bytes) -> bool:
    """Gives the stage the live file's name, unless a file has that name by now."""
    folder = target.parent.stat()
    # Users who may write to the folder may write to the file.
    os.fchmod(held.fileno(), folder.st_mode & 0o666)
    _set_owner(held, folder)
    os.pwrite(held.fileno(), mode, _MODES.start)
    os.fsync(held)
    for companion in _COMPANIONS:  # of an earlier file: SQLite would take them for those of this one
        target.with_name(target.name + companion).unlink(missing_ok=True)
    try:
        target.hardlink_to(stage)
    except FileExistsError:
        _set_rollback_mode(held)
        return False
    except OSError:  # a file system without links
        stage.rename(target)
    _sync_folder(target)
    return True


def replace(stage: Path, target: Path, held: BinaryIO, mode: bytes, end: float) -> None:
    """Replaces a live file that SQLite cannot use by the stage, while no other process uses it."""
    with target.open("r+b", buffering=0) as live:

        def lock() -> None:
            fcntl.lockf(live, fcntl.LOCK_EX | fcntl.LOCK_NB, *_LOCKS)

        _retry_until(end, lock, BlockingIOError, "the live file is damaged and must be replaced, but it is in use.")
        status = os.fstat(live.fileno())
        os.fchmod(held.fileno(), status.st_mode & 0o7777)
        _set_owner(held, status)
        os.pwrite(held.fileno(), mode, _MODES.start)
        os.fsync(held)
        for companion in _COMPANIONS:  # before: with them the restored file would be malformed for everybody
            target.with_name(target.name + companion).unlink(missing_ok=True)
        stage.rename(target)
        _sync_folder(target)


def _copy_contents(stage: Path, target: Path, end: float) -> None:
    """Replaces the live file's contents by the stage's in one transaction."""
    with stage.open("rb") as file:
        page_size = file.read(100)[_PAGE_SIZE]
    with target.open("rb") as file:
        header = file.read(100)
    resized = header.startswith(_MAGIC) and header[_MODES] == _WAL and header[_PAGE_SIZE] != page_size

    def give_up(status: int, _remaining: int, _total: int) -> None:
        # Connection.backup tries for ever.
        if status & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            raise Unavailable(_IN_USE)

    with closing(_open(stage, "immutable=1")) as source, closing(_open(target, "mode=rw")) as live:

        def copy() -> None:
            live.execute("PRAGMA synchronous = FULL")
            source.backup(live, pages=-1, progress=give_up, sleep=0.005)

        if resized:  # a write-ahead log cannot carry pages of another size
            _retry_until(
                end,
                lambda: live.execute("PRAGMA journal_mode = DELETE").fetchall(),
                sqlite3.OperationalError,
                "the backup has another page size, so no other process may have the live file open meanwhile. "
                "Stop those processes, then try again.",
            )
        try:
            _retry_until(end, copy, sqlite3.OperationalError, _IN_USE)
        finally:
            with suppress(sqlite3.OperationalError):  # only tidying up, which the next writer can do as well
                if resized:
                    live.execute("PRAGMA journal_mode = WAL")
                live.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _open(path: Path, how: str) -> sqlite3.Connection:
    # SQLite waits in ever longer steps, and busy writers can keep it out for a minute: so ask for short waits, often.
    return sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=0.03, isolation_level=None)


def _retry_until(end: float, action: Callable[[], object], busy: type[Exception], sentence: str) -> None:
    """Repeats ``action`` while it fails because of other processes."""
    while True:
        try:
            action()
        except busy as error:
            if isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            if time.monotonic() > end:
                raise Unavailable(sentence) from error
        else:
            return
        time.sleep(0.005)


def _set_owner(file: BinaryIO, status: os.stat_result) -> None:
    with suppress(PermissionError):  # an ordinary user cannot give files away
        os.fchown(file.fileno(), status.st_uid, status.st_gid)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main(arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    target, stage, wait, *new = arguments
    try:
        commit(Path(target), Path(stage), float(wait), new=new == ["new"])
    except (sqlite3.Error, OSError, ConfigurationError, Damaged, Unavailable) as error:
        return f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
