"""The record of one verification of one backup, stored next to its manifest, which never changes. Pure."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django_rclone import display
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout import recovery_points
from django_rclone.layout.drill_result import DrillResult, from_document
from django_rclone.layout.manifest import Manifest, format_time, parse_time
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.layout.verification_paths import Level, VerificationName, VerificationOutcome

SCHEMA = 1

LARGEST_RECORD = 64 * 1024
"""Largest size of a record, in bytes."""

_LONGEST_PROBLEM = 2000


class VerificationRecordError(DjangoRcloneError):
    """The document is not a verification record that this version can read."""


@dataclass(frozen=True, slots=True)
class VerificationRecord:
    """Result of one verification. It names the backup as its manifest does."""

    id: str
    point: str
    project: str
    database: str
    name: str
    source: str
    sha256: str
    """SHA-256 of the object in the manifest."""
    level: Level
    outcome: VerificationOutcome
    problem: str
    """The reason of a failure; empty for a backup that passed."""
    verified_at: datetime
    """To the second, as in the record's name."""
    seconds: float
    """Duration of the verification."""
    host: str = ""
    django_rclone: str = ""
    drill: DrillResult | None = None
    """None for other levels, and for a drill that could not begin."""

    @property
    def passed(self) -> bool:
        """Whether the backup passed."""
        return self.outcome is VerificationOutcome.PASSED

    @property
    def record_name(self) -> VerificationName:
        """The name of the record on the remote."""
        backup = ManifestName(self.point, self.database, self.id)
        return VerificationName(backup, self.level, self.outcome, recovery_points.name_of(self.verified_at))

    def describes(self, manifest: Manifest) -> bool:
        """Returns whether this is a record of exactly this backup: same owner, same object."""
        identity = ("id", "point", "project", "database", "name", "source")
        same_owner = all(getattr(self, entry) == getattr(manifest, entry) for entry in identity)
        return same_owner and self.sha256 == manifest.objects[0].sha256

    def to_json(self) -> str:
        """Returns the record in its stored form."""
        document = {"schema": SCHEMA, **dataclasses.asdict(self)}
        document["verified_at"] = format_time(self.verified_at)
        document["drill"] = self.drill.to_document() if self.drill else None
        return display.encodable(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def describe(
    manifest: Manifest,
    level: Level,
    problem: str,
    *,
    verified_at: datetime,
    seconds: float,
    host: str,
    django_rclone: str,
) -> VerificationRecord:
    """Returns the record of a verification of a backup; it failed if there is a ``problem``."""
    return VerificationRecord(
        id=manifest.id,
        point=manifest.point,
        project=manifest.project,
        database=manifest.database,
        name=manifest.name,
        source=manifest.source,
        sha256=manifest.objects[0].sha256,
        level=level,
        outcome=VerificationOutcome.FAILED if problem else VerificationOutcome.PASSED,
        problem=display.one_line(problem)[:_LONGEST_PROBLEM],
        verified_at=verified_at.astimezone(UTC).replace(microsecond=0),
        seconds=round(seconds, 3),
        host=host,
        django_rclone=django_rclone,
    )


def parse(text: str) -> VerificationRecord:
    """Returns the record in a document.

    Ignores unknown fields. Raises VerificationRecordError unless it is complete, has a schema that this version knows,
    and has only values of the right type.
    """
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or type(document["schema"]) is not int or document["schema"] < 1:
            raise VerificationRecordError("it is not a verification record")
        if document["schema"] > SCHEMA:
            raise VerificationRecordError(f"it has schema {document['schema']}, and this version reads up to {SCHEMA}")
        known = {entry.name for entry in dataclasses.fields(VerificationRecord)}
        values: dict[str, Any] = {key: value for key, value in document.items() if key in known}
        values["level"], values["outcome"] = Level(values["level"]), VerificationOutcome(values["outcome"])
        values["verified_at"] = parse_time(values["verified_at"])
        if type(values["seconds"]) not in (int, float) or not 0 <= values["seconds"] < timedelta.max.total_seconds():
            raise ValueError("seconds out of bounds")
        values["drill"] = from_document(values["drill"]) if values.get("drill") is not None else None
        found = VerificationRecord(**values)
        for entry in dataclasses.fields(VerificationRecord):
            if entry.type == "str" and not isinstance(getattr(found, entry.name), str):
                raise TypeError(f"{entry.name} is not a string")
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise VerificationRecordError(f"it is damaged: {display.one_line(repr(error))[:200]}") from error
    return found
