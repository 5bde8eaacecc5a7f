"""Writes a SQLite database to stdout, page by page, as it is at one moment.

Usage: ``dump.py PATH WAIT [spool]``. Needs only the standard library. Ends with 0 only if every byte has been written.
WAIT is the number of seconds to wait for other processes that have locked the database. With ``spool`` the database is
copied first, so that it is locked only while the copy is made.

There are two ways to read the pages of one read transaction. The table sqlite_dbpage, in libraries that have it,
returns them as the transaction sees them. Without it the file itself is read, after the write-ahead log has been
emptied into it; the read transaction then prevents changes of the file.
"""

from __future__ import annotations

import glob
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
_CHECKPOINT = 200
"""Milliseconds that a checkpoint waits for readers. Writers wait meanwhile, so it is short, and repeated."""
_LEFTOVER = 3600.0
"""Age in seconds from which a copy with a name counts as left over: copies are unlinked as soon as they are open."""


class ConfigurationError(Exception):
    """The request cannot work; the message says what to change."""


class Unavailable(Exception):
    """Other processes have used the database for longer than WAIT."""


class LogInUse(Unavailable):
    """Readers have kept the write-ahead log from being emptied. The connector knows what to advise."""


def connect(path: Path) -> sqlite3.Connection:
    """Opens the database without ever creating it; for writing where possible, since only then can SQLite roll back
    after a crash, empty the write-ahead log, and remove its own files."""
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    database = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=0, isolation_level=None)
    database.execute("PRAGMA query_only = ON")
    return database


def has_dbpage() -> bool:
    """Returns whether this library was built with SQLITE_ENABLE_DBPAGE_VTAB."""
    with closing(sqlite3.connect(":memory:")) as database, suppress(sqlite3.OperationalError):
        database.execute("SELECT pgno FROM sqlite_dbpage")
        return True
    return False


def begin(database: sqlite3.Connection, wait: float) -> int:
    """Begins a read transaction, and returns the database's size in it.

    SQLite's own busy handler slows down to ten attempts a second, and busy writers can keep it out for a minute.
    """
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
            (pages,) = database.execute("PRAGMA page_count").fetchone()
            (page_size,) = database.execute("PRAGMA page_size").fetchone()
            return int(pages) * int(page_size)


def pages_of_table(database: sqlite3.Connection, wait: float) -> Iterator[bytes]:
    """Yields the pages that sqlite_dbpage shows in one read transaction."""
    size = begin(database, wait)
    (page_size,) = database.execute("PRAGMA page_size").fetchone()
    cursor = database.execute("SELECT data FROM sqlite_dbpage('main') ORDER BY pgno")
    while rows := cursor.fetchmany(max(1, CHUNK // page_size)):
        chunk = b"".join(data for (data,) in rows)
        size -= len(chunk)
        yield chunk
    if size != 0:
        raise ConfigurationError(f"sqlite_dbpage gave {-size:+,} bytes more than the database has.")


def pages_of_file(database: sqlite3.Connection, file: BinaryIO, path: Path, wait: float) -> Iterator[bytes]:
    """Yields the bytes of the file, which a read transaction protects from changes."""
    size = begin_without_log(database, path, wait)
    while size:
        chunk = file.read(min(CHUNK, size))
        if not chunk:
            raise ConfigurationError(f"The file ends {size:,} bytes before the database does.")
        size -= len(chunk)
        yield chunk


def begin_without_log(database: sqlite3.Connection, path: Path, wait: float) -> int:
    """Begins a read transaction with everything in the file and nothing in the write-ahead log."""
    size = begin(database, wait)
    (mode,) = database.execute("PRAGMA journal_mode").fetchone()
    log = path.with_name(path.name + "-wal")
    end = time.monotonic() + wait
    # The log is checked after the transaction has begun, whatever the checkpoint returned: if it is empty, everything
    # is in the file, and during the transaction no later write can get into the file.
    while mode == "wal" and log.exists() and log.stat().st_size:
        database.execute("ROLLBACK")
        if time.monotonic() > end:
            raise LogInUse(f"a reader has kept the write-ahead log from being emptied for {wait:g} s.")
        database.execute(f"PRAGMA busy_timeout = {_CHECKPOINT}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        database.execute("PRAGMA busy_timeout = 0")
        size = begin(database, wait)
    return size


def copy(database: sqlite3.Connection, path: Path, wait: float) -> BinaryIO:
    """Returns an open copy that has been unlinked: it disappears with this process, however that ends."""
    import tempfile  # noqa: PLC0415 - takes 10 ms to import, and only SPOOL needs it

    folder = _folder_for_copy(path, begin(database, wait))
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.spool-", dir=folder)
    file = os.fdopen(descriptor, "rb")
    try:
        with closing(sqlite3.connect(name, isolation_level=None)) as target:
            Path(name).unlink()
            target.execute("PRAGMA journal_mode = OFF")
            target.execute("PRAGMA synchronous = OFF")
            database.backup(target, pages=-1)  # within our transaction: it waits for no lock
    except BaseException:
        file.close()
        raise
    return file


def _folder_for_copy(path: Path, size: int) -> Path:
    """Chooses a folder with enough space: the database's own folder, whose disk holds such a file already, before
    the temporary folder, which in containers is often small and in memory."""
    import shutil  # noqa: PLC0415 - as above
    import tempfile  # noqa: PLC0415

    free: dict[Path, int] = {}
    for folder in (path.parent, Path(tempfile.gettempdir())):
        if os.access(folder, os.W_OK):
            for leftover in folder.glob(f".{glob.escape(path.name)}.spool-*"):
                with suppress(OSError):
                    if time.time() - leftover.stat().st_mtime > _LEFTOVER:
                        leftover.unlink()
            free[folder] = shutil.disk_usage(folder).free
            if free[folder] > size:
                return folder
    places = ", ".join(f"{folder} has {space:,}" for folder, space in free.items()) or "no folder may be written"
    raise ConfigurationError(f"SPOOL needs {size:,} free bytes next to the database or in TMPDIR: {places}.")


def dump(path: Path, wait: float, *, spool: bool) -> Iterator[bytes]:
    """Yields the database's bytes."""
    # The file is opened before SQLite opens it and closed after: closing any descriptor of it drops all its locks.
    with path.open("rb", buffering=0) as file, closing(connect(path)) as database:
        if not spool:
            yield from pages_of_table(database, wait) if has_dbpage() else pages_of_file(database, file, path, wait)
            return
        copied = copy(database, path, wait)
    with copied:
        while chunk := copied.read(CHUNK):
            yield chunk


def main(arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    path, wait, *spool = arguments
    try:
        for chunk in dump(Path(path), float(wait), spool=spool == ["spool"]):
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(1, rest) :]
    except (sqlite3.Error, OSError, ConfigurationError, Unavailable) as error:
        return f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
    return 0
