"""What the schedule needs to know of the target and of its backups, as ``observe`` answers. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DatabaseSnapshot:
    """One database. ``identity`` is the same for as long as it is the same database; ``newest`` is when its newest
    good backup was begun, None if there is none or nobody could look."""

    alias: str
    identity: str
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was seen. ``reached`` tells whether the remote could be asked; ``media`` whether media files are saved."""

    time_zone: str
    reached: bool
    media: bool
    databases: tuple[DatabaseSnapshot, ...]


def identity(project: str, alias: str, place: str) -> str:
    """Returns what is the same for as long as it is the same database."""
    return f"{project} {alias} {place}"


def to_json(snapshot: Snapshot) -> str:
    """Returns the answer as one line."""
    return json.dumps(asdict(snapshot), default=lambda moment: moment.isoformat())


def from_json(text: str) -> Snapshot:
    """Returns what an answer says. Raises ValueError for anything else."""
    try:
        document = json.loads(text)
        databases = tuple(_database(**entry) for entry in document.pop("databases"))
        return Snapshot(**document, databases=databases)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an answer: {error}") from error


def _database(alias: str, identity: str, newest: str | None) -> DatabaseSnapshot:
    return DatabaseSnapshot(alias, identity, datetime.fromisoformat(newest) if newest else None)
