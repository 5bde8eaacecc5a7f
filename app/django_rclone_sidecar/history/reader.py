"""Read-only access to the history.

Every error is raised as Unreadable, with a message of one line.
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
    """The history cannot be read."""


class NotCreated(Unreadable):
    """There is no history yet."""


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """Opens the history in one read transaction. Raises Unreadable.

    Its path is determined each time: writers move to memory when the state folder is no longer writable.
    """
    file = location.path(folder)
    connection = connections[location.ALIAS]
    try:
        if not file.exists():
            raise NotCreated("No data yet: the first refresh has not ended.")
        if not location.is_ours(file):
            raise Unreadable(f"{file.parent} belongs to another user: the history in it is not read.")
        _connect(connection, file)
        with transaction.atomic(using=location.ALIAS):
            yield
    except (DatabaseError, OSError, ValueError, LookupError, TypeError) as error:
        # A damaged file may cause any of these.
        raise Unreadable(f"The history {file} cannot be read: {error}.") from error
    finally:
        connection.close()


def _connect(connection: BaseDatabaseWrapper, file: Path) -> None:
    try:
        found = _version(connection, file, "ro")
    except OperationalError as error:
        if "SQLITE_READONLY" not in getattr(error.__cause__, "sqlite_errorname", ""):
            raise
        # A writer was killed: SQLite must write to roll back its transaction.
        connection.close()
        found = _version(connection, file, "rw")
    if found != store.SCHEMA:
        raise Unreadable(f"The history {file} is of another version: the next run creates a new one.")


def _version(connection: BaseDatabaseWrapper, file: Path, mode: str) -> int:
    connection.settings_dict["NAME"] = f"file:{quote(str(file))}?mode={mode}"
    return store.version(connection)
