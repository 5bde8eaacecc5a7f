"""The contents of a mongodump archive, as ``read_archive`` prints them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from django_rclone.db.mongodb.names import is_internal


class Collection(NamedTuple):
    """One collection of an archive."""

    name: str
    kind: str
    """``collection``, ``view`` or ``timeseries``."""
    options: str
    """Its creation options, as extended JSON."""

    @property
    def is_restored(self) -> bool:
        """False for the server's own collections, and for staged ones: dumps of django-rclone 0.4 may include these."""
        return not is_internal(self.name) and (not self.name.startswith("system.") or self.name == "system.js")


class Archive(NamedTuple):
    """The contents of an archive."""

    server_version: str
    databases: tuple[str, ...]
    database: str
    """The one of these to restore; empty if it is not clear which."""
    entries: tuple[Collection, ...]
    """The collections of that database."""

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections that hold documents."""
        return tuple(entry for entry in self.entries if entry.is_restored and entry.kind != "view")

    @property
    def views(self) -> tuple[Collection, ...]:
        """The views."""
        return tuple(entry for entry in self.entries if entry.is_restored and entry.kind == "view")

    @property
    def excluded(self) -> tuple[Collection, ...]:
        """The entries that mongorestore must not load: views are created when all collections are in place."""
        return tuple(entry for entry in self.entries if not entry.is_restored or entry.kind == "view")


def parse(contents: str, candidates: Iterable[str]) -> Archive:
    """Returns the contents for the first of the ``candidates`` that is in the archive, or for its only database."""
    document = json.loads(contents)
    databases = tuple(sorted({database for database, *_ in document["entries"]}))
    named = [name for name in candidates if name in databases]
    database = named[0] if named else databases[0] if len(databases) == 1 else ""
    entries = [
        Collection(name, _kind(kind), options) for db, name, kind, options in document["entries"] if db == database
    ]
    return Archive(document["server_version"], databases, database, tuple(entries))


def _kind(kind: str) -> str:
    return kind if kind in ("view", "timeseries") else "collection"
