"""The format of SQLite's files: https://www.sqlite.org/fileformat.html."""

from __future__ import annotations

MAGIC = b"SQLite format 3\0"
"""The first bytes of a database file: 1.3 "The Database Header"."""
COMPANIONS = ("-journal", "-wal", "-shm")
"""Endings of the files that SQLite puts next to a database."""
