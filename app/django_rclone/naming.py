"""Names on the remote: made and read back. Pure; clock and randomness are passed in."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from string import Formatter
from urllib.parse import quote, unquote

from django_rclone import vocabulary

MANIFEST_DIR = "manifests"
PROJECT_DIR = "projects"
"""Mirrors of projects with a name lie there, each in a folder of its own."""

README = "RESTORE.md"
PARTIAL = ".partial"
"""Ending of an object that is being written, where the backend shows it before it is whole."""

ENCRYPTED_DIR = "encrypted"
"""Where encrypted backups lie: everything but RESTORE.md, below the remote's root."""

RESERVED: Mapping[str, str] = {
    MANIFEST_DIR: "manifests live there",
    "media-history": "it is reserved",
    PROJECT_DIR: "the media files of projects with a name live there",
    ENCRYPTED_DIR: "encrypted backups live there",
    README: "that file tells how to restore",
}
"""What has another use at the remote's root, and which: no backup lies there. Compared without case, as some backends
do."""

_LETTERS, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
_ID = r"[a-z][a-z0-9]{4}[0-9]"
_POINT_FORMAT = "%Y%m%dT%H%M%SZ"
_MANIFEST_NAME = re.compile(rf"(?P<point>\d{{8}}T\d{{6}}Z)-(?P<alias>.+)-(?P<id>{_ID})\.json")
_OBJECT_ID = re.compile(rf"-(?P<id>{_ID})(?:\.|$)")
_FIELDS = ("database", "datetime", "ext")

# What strptime's directives look like, for reading the time out of a name; anything else matches lazily.
_DIRECTIVES = {
    **dict.fromkeys("dmyHIMSUWVg", r"\d{2}"),
    "Y": r"\d{4}",
    "G": r"\d{4}",
    "j": r"\d{3}",
    "f": r"\d{6}",
    "w": r"\d",
    "u": r"\d",
    "%": "%",
}


def new_id(source: random.Random) -> str:
    """Returns six letters and digits. The first is a letter and the last a digit: no part of a date, and no word that
    somebody has put into a file's name, can be taken for an id."""
    middle = "".join(source.choices(_LETTERS + _DIGITS, k=4))
    return source.choice(_LETTERS) + middle + source.choice(_DIGITS)


def point(moment: datetime) -> str:
    """Returns the name of a recovery point, for instance ``20261123T101500Z``."""
    return moment.astimezone(UTC).strftime(_POINT_FORMAT)


def point_moment(name: str) -> datetime:
    """Returns the moment of a recovery point. Raises ValueError for what names none."""
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", name):
        raise ValueError(f"{name!r} is no recovery point")
    return datetime.strptime(name, _POINT_FORMAT).replace(tzinfo=UTC)


def is_id(text: str) -> bool:
    """Tells whether a text has the form of a backup's id."""
    return re.fullmatch(_ID, text) is not None


def path_problem(path: str) -> str:
    """Returns why a path from the remote's root cannot be that of an object in a backup folder; empty: it can.

    What this lets pass lies below the root whatever the backend makes of it.
    """
    parts = path.split("/")
    if not path.isprintable() and any(character < " " or character in "\x7f\x85\u2028\u2029" for character in path):
        return "has control characters"
    if "\\" in path or any(part.strip(" ") in ("", ".", "..") for part in parts):
        return "does not lie below the remote"
    if len(parts) < 2:
        return "lies in no folder"
    if parts[0].casefold() in {name.casefold() for name in RESERVED}:
        return f"lies in {parts[0]}, which has another use"
    return ""


def object_path_problem(path: str, backup_id: str) -> str:
    """Returns why a path cannot be that of the object of the backup with this id; empty: it can."""
    if problem := path_problem(path):
        return problem
    ids = [match["id"] for match in _OBJECT_ID.finditer(path.rpartition("/")[2])]
    return "" if backup_id in ids else f"does not have the id {backup_id} in its name"


@dataclass(frozen=True, slots=True, order=True)
class ManifestName:
    """What a manifest's name says; sorts by time."""

    point: str
    alias: str
    id: str

    @property
    def path(self) -> str:
        """Path from the remote's root."""
        return f"{MANIFEST_DIR}/{self.point}-{quote(self.alias, safe='')}-{self.id}.json"


def parse_manifest_name(name: str) -> ManifestName | None:
    """Returns what the file name of a manifest says, or None if it is not one."""
    match = _MANIFEST_NAME.fullmatch(name)
    return ManifestName(match["point"], unquote(match["alias"]), match["id"]) if match else None


@dataclass(frozen=True, slots=True)
class Scheme:
    """How objects are named: folder, template and date format of the settings."""

    folder: str
    template: str
    date_format: str
    media: str = "media"
    """Folder of the mirror of the media files: no backup lies there, unless it is the same."""

    @property
    def dates_to_the_second(self) -> bool:
        """Tells whether the name of an object says its recovery point exactly."""
        moment = datetime(2026, 11, 23, 10, 15, 7, tzinfo=UTC)
        name = self.template.format(database="x", datetime=moment.strftime(self.date_format), ext="x")
        return self.parse(name) == ("x", moment)

    def manifest_of(self, path: str) -> ManifestName | None:
        """Returns the name of the manifest that an object would have, as its own name tells; None where it does not, or
        where the template leaves open how much of it is the alias (``{database}_{ext}_{datetime}``)."""
        name = path.rpartition("/")[2].partition(PARTIAL)[0]
        backup_id = self.id_of(name)
        if not backup_id or not self.dates_to_the_second:
            return None
        plain = name.replace(f"-{backup_id}", "", 1)
        found = self.parse(plain)
        longest = self._pattern(longest_alias=True).fullmatch(plain)
        if found is None or longest is None or unquote(longest["database"]) != found[0]:
            return None
        return ManifestName(point(found[1]), found[0], backup_id)

    def problem(self, path: str, backup_id: str) -> str:
        """Returns why a path cannot be that of the object of the backup with this id; empty: it can."""
        top, media, own = (place.partition("/")[0].casefold() for place in (path, self.media, self.folder))
        if top == media != own:
            return "lies among the media files"
        return object_path_problem(path, backup_id)

    def object_path(self, alias: str, moment: datetime, extension: str, backup_id: str) -> str:
        """Returns the path, from the remote's root, of a new object: the template plus the id before the
        extension, ``db/default-2026-11-23-101500-k3f9q2.dump``. ``moment`` is the recovery point's, so that the
        manifest can be found from the object (``manifest_of``)."""
        stamp = moment.astimezone(UTC).strftime(self.date_format)
        safe_alias = quote(alias, safe=" ")
        if self.template.endswith(".{ext}"):
            stem = self.template.removesuffix(".{ext}").format(database=safe_alias, datetime=stamp, ext=extension)
            return f"{self.folder}/{stem}-{backup_id}.{extension}"
        name = self.template.format(database=safe_alias, datetime=stamp, ext=extension)
        return f"{self.folder}/{name}-{backup_id}"

    def id_of(self, name: str) -> str:
        """Returns the id in an object's file name, or an empty text: such a file is not ours."""
        found = [match["id"] for match in _OBJECT_ID.finditer(name)]
        if not found or (self.template.endswith(".{ext}") and self.parse(name)):
            return ""  # the second: what looks like an id is the end of the alias ("my-backup.2026….dump")
        return found[-1]

    def parse(self, name: str) -> tuple[str, datetime] | None:
        """Returns the alias and the time that a file name without an id says (django-rclone 0.4 made such), or
        None if it does not fit the template."""
        match = self._pattern().fullmatch(name)
        if match is None:
            return None
        stamp = match.groupdict().get("datetime")
        try:
            moment = datetime.strptime(stamp or "", self.date_format).replace(tzinfo=UTC) if stamp else None
        except ValueError:
            moment = None
        return (unquote(match["database"]), moment) if moment else None

    def _pattern(self, *, longest_alias: bool = False) -> re.Pattern[str]:
        patterns = {
            "database": r"[^/]+" if longest_alias else r"[^/]+?",
            "datetime": _date_pattern(self.date_format),
            "ext": r"[^/]+",
        }
        parts = [
            re.escape(literal) + (f"(?P<{field}>{patterns[field]})" if field else "")
            for literal, field, _spec, _conversion in Formatter().parse(self.template)
        ]
        return re.compile("".join(parts))


def template_problem(template: str) -> str:
    """Returns what is wrong with a DB_FILENAME_TEMPLATE, as a clause that goes on after its name; empty: nothing."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        return f"is no format string: {error}"
    fields = [field for _literal, field, _spec, _conversion in parts if field is not None]
    if any(spec or conversion for _literal, field, spec, conversion in parts if field is not None):
        return "takes plain {database}, {datetime} and {ext} only"
    if set(fields) - set(_FIELDS):
        return f"has unknown fields: {', '.join(sorted(set(fields) - set(_FIELDS)))}"
    if len(fields) != len(set(fields)) or not {"database", "datetime"} <= set(fields):
        return "must have {database} and {datetime}, once each"
    if parts[0][:2] != ("", "database") or len(parts) < 2 or not parts[1][0]:
        return "must begin with {database} and a separator, or nobody can tell whose a backup is"
    if "/" in template or "\\" in template:
        return f"must be a file name: folders belong into {vocabulary.current().setting('DB_BACKUP_DIR')}"
    return ""


def _date_pattern(date_format: str) -> str:
    parts = re.split(r"%(.)", date_format)
    return "".join(
        re.escape(part) if index % 2 == 0 else _DIRECTIVES.get(part, r"[^/]+?") for index, part in enumerate(parts)
    )
