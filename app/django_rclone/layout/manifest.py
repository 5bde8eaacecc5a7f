"""The manifest: a backup exists exactly when its manifest exists. Pure: text in, text out."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django_rclone import display
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout import backup_ids, object_paths, recovery_points

SCHEMA = 1

LARGEST_MANIFEST = 16 * 1024 * 1024
"""Largest size of a manifest, in bytes. Row counts of 3,200 schemas with 90 tables each take 12.7 MB, and reading them
takes 70 MiB of memory (both measured)."""

_MOST_BYTES = 1 << 50
_MOST_ROWS = (1 << 63) - 1
_YEARS = range(1970, 3000)
"""Accepted years. A clock may be wrong, but within these no date arithmetic in any time zone overflows."""


class ManifestError(DjangoRcloneError):
    """The document is not a manifest that this version can read."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One file of a backup on the remote."""

    path: str
    """Path from the remote's root."""
    bytes: int
    sha256: str
    """SHA-256 of the stored object, hexadecimal; empty if it was not recorded (a backup without a manifest)."""
    raw_bytes: int | None = None
    """Size before django-rclone's compression; None if the dump program compressed, or if the size is unknown."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Description of one backup. Times are aware. docs/format.md describes the files in ``manifests/``."""

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
    source: str = ""
    """Location of the database, without its name; see ``source_identity.describe``. Empty if unknown."""
    django_version: str = ""
    migrations: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)
    row_counts: str = "estimated"
    """Accuracy of the numbers in ``tables``: ``estimated`` or ``exact``."""
    session: Mapping[str, str] = field(default_factory=dict)
    """Session settings, by name, for the restore of the dump: for instance PostgreSQL's ``search_path``."""
    restore: str = ""
    django_rclone: str = ""

    @property
    def bytes(self) -> int:
        """Total size of the stored objects."""
        return sum(stored.bytes for stored in self.objects)

    @property
    def outer_compression(self) -> str:
        """The compression to undo before the database's client can read the object; empty if there is none."""
        packed_inside = bool(self.id) and self.objects[0].raw_bytes is None
        return "" if packed_inside else self.compression

    def to_json(self) -> str:
        """Returns the manifest in its stored form: always valid UTF-8, also if a name in it has undecodable bytes
        (``\\udcff`` in JSON)."""
        document = {"schema": SCHEMA, **dataclasses.asdict(self)}
        document["started_at"] = format_time(self.started_at)
        document["finished_at"] = format_time(self.finished_at)
        return display.encodable(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def parse(text: str) -> Manifest:
    """Returns the manifest that ``text`` holds.

    Ignores unknown fields. Raises ManifestError unless the manifest is complete and has a schema that this version
    knows. All values are safe to use without further checks: the object's path is below the remote and contains the
    manifest's id, strings have no NUL, and numbers and times are within bounds.
    """
    if len(text) > LARGEST_MANIFEST:
        raise ManifestError(f"This is not a manifest: a manifest has at most {LARGEST_MANIFEST:,} bytes.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"This is not a JSON document: {error}.") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if type(schema) is not int or schema < 1:
        raise ManifestError('This JSON document has no "schema": it is not a manifest.')
    if schema > SCHEMA:
        raise ManifestError(
            f"This manifest has schema {schema}; this version of django-rclone reads up to {SCHEMA}. "
            "Upgrade django-rclone."
        )
    known = {entry.name for entry in dataclasses.fields(Manifest)}
    values: dict[str, Any] = {key: value for key, value in document.items() if key in known}
    try:
        values["objects"] = tuple(_parse_object(entry) for entry in values["objects"])
        values["started_at"] = parse_time(values["started_at"])
        values["finished_at"] = parse_time(values["finished_at"])
        found = Manifest(**values)
        _check(found)
        return found
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ManifestError(f"This manifest is damaged: {display.one_line(repr(error))}.") from error


def _check(found: Manifest) -> None:
    """Raises TypeError or ValueError for an unusable value."""
    for entry in dataclasses.fields(Manifest):
        if entry.type == "str":
            _check_text(getattr(found, entry.name), entry.name)
    if len(found.objects) != 1:
        raise ValueError(f"{len(found.objects)} objects")
    if not backup_ids.is_id(found.id):
        raise ValueError(f"id {found.id!r}")
    recovery_points.moment_of(found.point)
    mappings = (found.migrations, found.session)
    for name in (*found.tables.keys(), *(part for mapping in mappings for pair in mapping.items() for part in pair)):
        _check_text(name, "name")
    for count in found.tables.values():
        _check_number(count, _MOST_ROWS)
    for stored in found.objects:
        _check_text(stored.path, "path")
        if problem := object_paths.object_path_problem(stored.path, found.id):
            raise ValueError(f"object {stored.path!r} {problem}")


def _check_text(value: Any, name: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a string")
    if "\0" in value:
        raise ValueError(f"{name} has a NUL")


def _check_number(value: Any, most: int) -> None:
    if type(value) is not int:
        raise TypeError("not an integer")
    if not 0 <= value <= most:
        raise ValueError("number out of bounds")


def _parse_object(entry: Mapping[str, Any]) -> StoredObject:
    known = {item.name for item in dataclasses.fields(StoredObject)}
    stored = StoredObject(**{key: value for key, value in entry.items() if key in known})
    _check_number(stored.bytes, _MOST_BYTES)
    if stored.raw_bytes is not None:
        _check_number(stored.raw_bytes, _MOST_BYTES)
    if re.fullmatch(r"[0-9a-f]{64}", stored.sha256) is None:
        raise ValueError("sha256")
    return stored


def format_time(moment: datetime) -> str:
    """Returns a time as manifests have it: RFC 3339, in UTC, with milliseconds."""
    return display.utc(moment, "milliseconds")


def parse_time(text: str) -> datetime:
    """Returns the time in a manifest, in UTC. Raises ValueError if it has no offset or is out of bounds."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without offset: {text}")
    moment = moment.astimezone(UTC)
    if moment.year not in _YEARS:
        raise ValueError(f"time out of bounds: {text}")
    return moment
