"""Replaces the live SQLite database by a checked stage, or leaves the live one as it is.

Usage: ``replace.py TARGET STAGE WAIT [new]``. Needs only the standard library. Puts the contents of the stage (a
database file next to the live one) into the live file and removes the stage. WAIT is the number of seconds to wait for
other processes that have locked the live file. With ``new`` the target must still be empty or missing.

The live file keeps its inode, owner, mode and journal mode: SQLite's backup interface replaces its contents in one
transaction, so open connections see the restored data, and a kill at any moment leaves a journal that the next
connection rolls back. If another file took its place, processes that have the old one open would continue to read and
write the old one; so the file is only replaced if SQLite cannot use it, and while no other process has it locked.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
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
_CACHE = 32 * 1024
"""KiB of pages in memory. SQLite syncs its journal each time they are written out: with the default of 2 MiB, writing
565 MB over a file as large took 3.0 s, with 32 MiB 2.3 s."""
_IN_USE = "other processes have it locked. Stop them, then try again."


class ConfigurationError(Exception):
    """The request cannot work; the message says what to change."""


class Damaged(Exception):
    """The backup is not a complete database."""


class Unavailable(Exception):
    """Other processes have used the live database for longer than WAIT."""


def commit(target: Path, stage: Path, wait: float, *, new: bool) -> None:
    """Puts the stage's contents into the live file, and removes the stage."""
    with stage.open("r+b", buffering=0) as locked_stage:
        fcntl.flock(locked_stage, fcntl.LOCK_EX)
        mode = _set_rollback_mode(locked_stage)
        end = time.monotonic() + wait
        if new and target.exists() and target.stat().st_size:
            raise ConfigurationError(f"{target} exists now and is not empty. Choose another name, or remove it first.")
        if target.exists() or not publish(stage, target, locked_stage, mode):
            try:
                _copy_contents(stage, target, end)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                    raise
                replace(stage, target, locked_stage, mode, end)
    stage.unlink(missing_ok=True)


def _set_rollback_mode(stage: BinaryIO) -> bytes:
    """Sets the stage to rollback-journal mode, so that it is one file, and returns the mode that it had."""
    header = os.pread(stage.fileno(), 100, 0)
    if not header.startswith(_MAGIC):
        raise Damaged("nothing was loaded.")
    os.pwrite(stage.fileno(), _ROLLBACK, _MODES.start)
    return header[_MODES]


def publish(stage: Path, target: Path, locked_stage: BinaryIO, mode: bytes) -> bool:
    """Gives the stage the live file's name, unless a file has that name by now."""
    folder = target.parent.stat()
    # Users who may write to the folder may write to the file.
    os.fchmod(locked_stage.fileno(), folder.st_mode & 0o666)
    _set_owner(locked_stage, folder)
    os.pwrite(locked_stage.fileno(), mode, _MODES.start)
    os.fsync(locked_stage)
    for companion in _COMPANIONS:  # of an earlier file: SQLite would take them for those of this one
        target.with_name(target.name + companion).unlink(missing_ok=True)
    try:
        target.hardlink_to(stage)
    except FileExistsError:
        _set_rollback_mode(locked_stage)
        return False
    except OSError:  # a file system without links
        stage.rename(target)
    _sync_folder(target)
    return True


def replace(stage: Path, target: Path, locked_stage: BinaryIO, mode: bytes, end: float) -> None:
    """Replaces the file itself: for a live file that SQLite cannot use, while no other process uses it."""
    with target.open("r+b", buffering=0) as live:

        def lock() -> None:
            fcntl.lockf(live, fcntl.LOCK_EX | fcntl.LOCK_NB, *_LOCKS)

        _retry_until(end, lock, BlockingIOError, "the live file is damaged and must be replaced, but it is in use.")
        status = os.fstat(live.fileno())
        os.fchmod(locked_stage.fileno(), status.st_mode & 0o7777)
        _set_owner(locked_stage, status)
        os.pwrite(locked_stage.fileno(), mode, _MODES.start)
        os.fsync(locked_stage)
        for companion in _COMPANIONS:  # first: with them SQLite would read the restored file as malformed
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
        # Without this, Connection.backup tries forever.
        if status & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            raise Unavailable(_IN_USE)

    with closing(_open(stage, "immutable=1")) as source, closing(_open(target, "mode=rw")) as live:

        def copy() -> None:
            live.execute("PRAGMA synchronous = FULL")
            live.execute(f"PRAGMA cache_size = -{_CACHE}")
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
            with suppress(sqlite3.OperationalError):  # only cleanup, which the next writer can do as well
                if resized:
                    live.execute("PRAGMA journal_mode = WAL")
                live.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _open(path: Path, how: str) -> sqlite3.Connection:
    # SQLite's busy handler sleeps longer each time, and busy writers can keep it out for a minute: many short waits.
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
