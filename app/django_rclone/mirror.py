"""What the remote says of when the mirror of the media files was last made equal. Pure: text in, text out."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django_rclone.exceptions import DjangoRcloneError
from django_rclone.manifest import format_time, parse_time
from django_rclone.naming import MANIFEST_DIR

SCHEMA = 1


class MirrorError(DjangoRcloneError):
    """The text is not a record of a mirror that this version understands."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """What the last successful sync of the media files did. Times are aware."""

    folder: str
    """From the remote's root."""
    project: str
    started_at: datetime
    finished_at: datetime
    copied: int
    deleted: int
    bytes: int
    django_rclone: str = ""

    @property
    def path(self) -> str:
        """Path of the record from the remote's root."""
        return path(self.folder)

    def to_json(self) -> str:
        """Returns the record as it is stored."""
        document = {"schema": SCHEMA, **dataclasses.asdict(self)}
        document["started_at"] = format_time(self.started_at)
        document["finished_at"] = format_time(self.finished_at)
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def path(folder: str) -> str:
    """Returns where the record of a mirror lies: in a folder of its own, since what lies in ``manifests/`` itself are
    backups, also for whoever lists them by hand."""
    return f"{MANIFEST_DIR}/media/{quote(folder.strip('/'), safe='')}.json"


def parse(text: str) -> Mirror:
    """Returns the record that ``text`` holds.

    Fields that are not known are ignored. Raises MirrorError for anything else than a whole record of a schema that
    this version knows.
    """
    try:
        document = json.loads(text)
        if document["schema"] > SCHEMA:
            raise MirrorError(f"it has schema {document['schema']}, and this version reads up to {SCHEMA}")
        known = {entry.name for entry in dataclasses.fields(Mirror)}
        values: dict[str, Any] = {key: value for key, value in document.items() if key in known}
        for name in ("started_at", "finished_at"):
            values[name] = parse_time(values[name])
        found = Mirror(**values)
        for entry in dataclasses.fields(Mirror):
            kind = {"str": str, "int": int}.get(str(entry.type), datetime)
            if not isinstance(getattr(found, entry.name), kind):
                raise TypeError(f"{entry.name} is no {entry.type}")
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise MirrorError(f"it is damaged: {error!r}") from error
    return found
