"""Read transactions of a live SQLite database, which is neither changed nor created."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path


def connect(path: Path) -> sqlite3.Connection:
    """Opens the database without ever creating it; for writing where possible, since only then can SQLite roll back
    after a crash, empty the write-ahead log, and remove its own files."""
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    database = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=0, isolation_level=None)
    database.execute("PRAGMA query_only = ON")
    return database


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
