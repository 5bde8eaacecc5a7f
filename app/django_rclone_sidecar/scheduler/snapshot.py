"""The output of ``refresh``: what the scheduler needs to know of the databases and their backups. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DatabaseSnapshot:
    """One database. ``identity`` is stable for the same database; ``newest`` is when its newest good backup was begun,
    None if there is none or the remote was not reached."""

    alias: str
    identity: str
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The databases and the remote. ``reached`` tells whether the remote could be listed, ``media`` whether media files
    are backed up."""

    time_zone: str
    reached: bool
    media: bool
    databases: tuple[DatabaseSnapshot, ...]


def identity(project: str, alias: str, place: str) -> str:
    """Returns a string that is stable for the same database."""
    return f"{project} {alias} {place}"


def to_json(snapshot: Snapshot) -> str:
    """Returns a snapshot as one line of JSON."""
    return json.dumps(asdict(snapshot), default=lambda moment: moment.isoformat())


def from_json(text: str) -> Snapshot:
    """Parses a snapshot. Raises ValueError if it is not valid."""
    try:
        document = json.loads(text)
        databases = tuple(_database(**entry) for entry in document.pop("databases"))
        return Snapshot(**document, databases=databases)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a snapshot: {error}") from error


def _database(alias: str, identity: str, newest: str | None) -> DatabaseSnapshot:
    return DatabaseSnapshot(alias, identity, datetime.fromisoformat(newest) if newest else None)
