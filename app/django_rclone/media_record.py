"""The mirror's record: a JSON document about the last successful sync of the media files."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout.folders import MANIFEST_DIR, PROJECT_DIR
from django_rclone.layout.manifest import format_time, parse_time

SCHEMA = 1

RECORDS = f"{MANIFEST_DIR}/media"
"""Folder of the records of all mirrors."""

# Names that every storage keeps unchanged: short, without upper case (SMB, OneDrive) and without dots, spaces and
# characters that a storage would change or refuse.
_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class MediaRecordError(DjangoRcloneError):
    """The document is not a record of a mirror that this version can read."""


@dataclass(frozen=True, slots=True)
class MediaRecord:
    """Record of the last successful sync of the media files. Times are aware."""

    folder: str
    """Path of the mirror, relative to the remote's root."""
    project: str
    started_at: datetime
    finished_at: datetime
    copied: int
    deleted: int
    bytes: int
    django_rclone: str = ""
    host: str = ""
    source: str = ""
    """Path of the mirrored folder on ``host``."""

    @property
    def path(self) -> str:
        """Path of the record, relative to the remote's root."""
        return path(self.folder)

    def to_json(self) -> str:
        """Returns the record in its stored form."""
        document = {"schema": SCHEMA, **dataclasses.asdict(self)}
        document["started_at"] = format_time(self.started_at)
        document["finished_at"] = format_time(self.finished_at)
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def mirror_folder(project: str, folder: str) -> str:
    """Returns the path of a project's mirror, relative to the remote's root. ``folder`` is its MEDIA_BACKUP_DIR.

    Without a project it is the folder itself, as in 0.4. A project name that some storage would change is replaced by
    its plain letters and a hash: no two projects share a folder, even if the storage ignores case.
    """
    folder = "/".join(part for part in folder.split("/") if part)
    if not project:
        return folder
    if not _PLAIN_NAME.fullmatch(project):
        letters = re.sub(r"[^a-z0-9]+", "-", project.lower()).strip("-")[:40]
        digest = hashlib.sha256(project.encode(errors="surrogatepass")).hexdigest()[:12]
        project = f"{letters}.{digest}" if letters else digest + ".name"
    return f"{PROJECT_DIR}/{project}/{folder}"


def path(folder: str) -> str:
    """Returns the path of a mirror's record, in a subfolder: ``manifests/`` itself contains only manifests."""
    return f"{RECORDS}/{quote(folder.strip('/'), safe='')}.json"


def parse(text: str) -> MediaRecord:
    """Returns the record in a document.

    Ignores unknown fields. Raises MediaRecordError unless it is complete and has a schema that this version knows.
    """
    try:
        document = json.loads(text)
        if document["schema"] > SCHEMA:
            raise MediaRecordError(f"it has schema {document['schema']}, and this version reads up to {SCHEMA}")
        known = {entry.name for entry in dataclasses.fields(MediaRecord)}
        values: dict[str, Any] = {key: value for key, value in document.items() if key in known}
        for name in ("started_at", "finished_at"):
            values[name] = parse_time(values[name])
        record = MediaRecord(**values)
        for entry in dataclasses.fields(MediaRecord):
            kind = {"str": str, "int": int}.get(str(entry.type), datetime)
            if not isinstance(getattr(record, entry.name), kind):
                raise TypeError(f"{entry.name} is not of type {entry.type}")
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise MediaRecordError(f"it is damaged: {error!r}") from error
    return record
