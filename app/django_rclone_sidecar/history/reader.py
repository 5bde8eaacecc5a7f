"""Reads the history for those who only look: nothing is made, and nothing is written.

Whatever is wrong with the file is one exception, Unreadable, whose message says so in one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import DatabaseError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from django_rclone.exceptions import DjangoRcloneError
from django_rclone_sidecar.history import location, store


class Unreadable(DjangoRcloneError):
    """The history cannot be read now."""


class Nothing(Unreadable):
    """There is no history yet."""


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """Gives one moment of the history in the state folder. Raises Unreadable.

    Where it lies is asked each time: a folder that cannot be written to any more is left by those who write.
    """
    file = location.path(folder)
    connection = connections[location.ALIAS]
    try:
        if not file.exists():
            raise Nothing("Nothing is known yet: the first look at the remote has not ended.")
        if not location.is_ours(file):
            raise Unreadable(f"{file.parent} is somebody else's: what lies there is not the history.")
        _connect(connection, file)
        with transaction.atomic(using=location.ALIAS):
            yield
    except (DatabaseError, OSError, ValueError, LookupError, TypeError) as error:
        # A damaged file may hold anything.
        raise Unreadable(f"The history {file} cannot be read: {error}.") from error
    finally:
        connection.close()


def _connect(connection: BaseDatabaseWrapper, file: Path) -> None:
    try:
        found = _version(connection, file, "ro")
    except OperationalError as error:
        if "SQLITE_READONLY" not in getattr(error.__cause__, "sqlite_errorname", ""):
            raise
        # A writer was killed: SQLite rolls back what that one had begun, and must be allowed to write for it.
        connection.close()
        found = _version(connection, file, "rw")
    if found != store.SCHEMA:
        raise Unreadable(f"The history {file} is of another version: the next run begins a new one.")


def _version(connection: BaseDatabaseWrapper, file: Path, mode: str) -> int:
    connection.settings_dict["NAME"] = f"file:{quote(str(file))}?mode={mode}"
    return store.version(connection)
