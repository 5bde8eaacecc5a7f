"""What an archive of mongodump holds, as ``read_archive`` prints it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from django_rclone.db.mongodb.names import is_internal


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection of an archive."""

    name: str
    kind: str
    """``collection``, ``view`` or ``timeseries``."""
    options: str
    """What it was created with, as extended JSON."""

    @property
    def is_restored(self) -> bool:
        """False for what the server keeps by itself, and for what a restore had staged when 0.4 made the dump."""
        return not is_internal(self.name) and (not self.name.startswith("system.") or self.name == "system.js")


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive holds."""

    server_version: str
    databases: tuple[str, ...]
    database: str
    """The database of these that is meant; empty if nothing says which."""
    entries: tuple[Collection, ...]
    """The collections of that database."""

    @property
    def collections(self) -> tuple[Collection, ...]:
        """What holds documents."""
        return tuple(entry for entry in self.entries if entry.is_restored and entry.kind != "view")

    @property
    def views(self) -> tuple[Collection, ...]:
        """What holds none."""
        return tuple(entry for entry in self.entries if entry.is_restored and entry.kind == "view")

    @property
    def excluded(self) -> tuple[Collection, ...]:
        """What mongorestore must not load: views are made when all collections are in their places."""
        return tuple(entry for entry in self.entries if not entry.is_restored or entry.kind == "view")


def parse(contents: str, candidates: Iterable[str]) -> Archive:
    """Returns what ``contents`` says of the first of the ``candidates`` that is in it, or of its only database."""
    document = json.loads(contents)
    databases = tuple(sorted({database for database, *_ in document["entries"]}))
    named = [name for name in candidates if name in databases]
    database = named[0] if named else databases[0] if len(databases) == 1 else ""
    entries = [
        Collection(name, _kind(kind), options) for db, name, kind, options in document["entries"] if db == database
    ]
    return Archive(document["server_version"], databases, database, tuple(entries))


def _kind(said: str) -> str:
    return said if said in ("view", "timeseries") else "collection"
