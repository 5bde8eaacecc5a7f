"""The manifest: a backup exists exactly when its manifest does. Pure: text in, text out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django_rclone import display
from django_rclone.exceptions import DjangoRcloneError

SCHEMA = 1


class ManifestError(DjangoRcloneError):
    """The text is not a manifest that this version understands."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One file of a backup on the remote."""

    path: str
    """From the remote's root."""
    bytes: int
    sha256: str
    """Of the object as it is stored; empty if nobody recorded it (a backup without a manifest)."""
    raw_bytes: int | None = None
    """Before our compression; None where the dump program compressed by itself, or nobody knows."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of one backup. Times are aware; see design of ``manifests/`` in docs/format.md."""

    id: str
    point: str
    project: str
    database: str
    engine: str
    name: str
    server_version: str
    client: str
    format: str
    compression: str
    consistency: str
    objects: tuple[StoredObject, ...]
    started_at: datetime
    finished_at: datetime
    host: str = ""
    django_version: str = ""
    migrations: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)
    row_counts: str = "estimated"
    """``estimated`` or ``exact``: what the numbers in ``tables`` are."""
    session: Mapping[str, str] = field(default_factory=dict)
    """Settings of a session, by name, under which the dump is restored: ``search_path`` of PostgreSQL for instance."""
    restore: str = ""
    django_rclone: str = ""

    @property
    def bytes(self) -> int:
        """Size of all objects as they are stored."""
        return sum(stored.bytes for stored in self.objects)

    @property
    def outer_compression(self) -> str:
        """The compression that has to be undone before the database's client can read the object."""
        packed_inside = bool(self.id) and self.objects[0].raw_bytes is None
        return "" if packed_inside else self.compression

    def to_json(self) -> str:
        """Returns the manifest as it is stored."""
        document = {"schema": SCHEMA, **dataclasses.asdict(self)}
        document["started_at"] = format_time(self.started_at)
        document["finished_at"] = format_time(self.finished_at)
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def parse(text: str) -> Manifest:
    """Returns the manifest that ``text`` holds.

    Fields that are not known are ignored. Raises ManifestError for anything else than a whole manifest of a
    schema that this version knows.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"This is no JSON document: {error}.") from error
    if not isinstance(document, dict) or not isinstance(document.get("schema"), int):
        raise ManifestError('This JSON document has no "schema": it is no manifest.')
    if document["schema"] > SCHEMA:
        raise ManifestError(
            f"This manifest has schema {document['schema']}; this version of django-rclone reads up to {SCHEMA}. "
            "Upgrade django-rclone."
        )
    known = {entry.name for entry in dataclasses.fields(Manifest)}
    values: dict[str, Any] = {key: value for key, value in document.items() if key in known}
    try:
        values["objects"] = tuple(_parse_object(entry) for entry in values["objects"])
        values["started_at"] = parse_time(values["started_at"])
        values["finished_at"] = parse_time(values["finished_at"])
        if not values["objects"]:
            raise ValueError("no objects")
        found = Manifest(**values)
        for entry in dataclasses.fields(Manifest):
            if entry.type == "str" and not isinstance(getattr(found, entry.name), str):
                raise TypeError(f"{entry.name} is no text")
        return found
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ManifestError(f"This manifest is damaged: {error!r}.") from error


def _parse_object(entry: Mapping[str, Any]) -> StoredObject:
    known = {item.name for item in dataclasses.fields(StoredObject)}
    stored = StoredObject(**{key: value for key, value in entry.items() if key in known})
    if not (isinstance(stored.path, str) and isinstance(stored.bytes, int) and isinstance(stored.sha256, str)):
        raise TypeError(f"object {stored.path!r}")
    if stored.bytes < 0 or len(stored.sha256) != 64:
        raise ValueError(f"object {stored.path!r}")
    return stored


def format_time(moment: datetime) -> str:
    return display.utc(moment, "milliseconds")


def parse_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without offset: {text}")
    return moment.astimezone(UTC)
