"""Failures of our SQLite programs, and parts of the errors that users get for them.

Each case: program, exit code, stderr, class of the error, part of its message.
"""

from __future__ import annotations

from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Unavailable

CASES = [
    ("python", 1, "SQLITE_BUSY: database is locked", Unavailable, "/srv/app.db stays locked"),
    ("python", 1, "SQLITE_BUSY_RECOVERY: database is locked", Unavailable, "try again later"),
    ("python", 1, "Error: in prepare, database is locked (5)\nDamaged: x", Unavailable, "stays locked"),
    ("python", 1, "SQLITE_FULL: database or disk is full", DjangoRcloneError, "the disk is full. Make room"),
    ("python", 1, "OSError: [Errno 28] No space left on device", DjangoRcloneError, "the disk is full"),
    ("python", 1, "SQLITE_CANTOPEN: unable to open database file", ConfigurationError, "-shm"),
    ("python", 1, "SQLITE_NOTADB: file is not a database", DjangoRcloneError, "is not a SQLite database"),
    ("python", 1, "SQLITE_CORRUPT_INDEX: malformed", DjangoRcloneError, "is damaged (malformed). Restore a backup."),
    ("python", 1, "SQLITE_READONLY_DIRECTORY: attempt to write", ConfigurationError, "cannot be written"),
    ("python", 1, "PermissionError: [Errno 13] Permission denied: 'x'", ConfigurationError, "Let this user write"),
    ("python", 1, "ConfigurationError: do this.", ConfigurationError, "do this."),
    ("python", 1, "Traceback (most recent call last)\nKeyError: 1", DjangoRcloneError, "ended with exit code 1"),
]
