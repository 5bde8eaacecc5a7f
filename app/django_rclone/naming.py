"""Names on the remote: making and parsing them. Pure; clock and randomness are passed in."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from string import Formatter
from urllib.parse import quote, unquote

from django_rclone import setting_names

MANIFEST_DIR = "manifests"
PROJECT_DIR = "projects"
"""Folder of the mirrors of projects with a name; each has a subfolder."""

README = "RESTORE.md"
PARTIAL = ".partial"
"""Suffix of an object that is being written, on backends that show it before it is complete."""

ENCRYPTED_DIR = "encrypted"
"""Folder of encrypted backups, below the remote's root. It holds everything but RESTORE.md."""

RESERVED: Mapping[str, str] = {
    MANIFEST_DIR: "manifests live there",
    "media-history": "it is reserved",
    PROJECT_DIR: "the media files of projects with a name live there",
    ENCRYPTED_DIR: "encrypted backups live there",
    README: "that file tells how to restore",
}
"""Names at the remote's root that have another use, with the reason: no backup may be there. They are compared without
regard to case, because some backends ignore case."""

_LETTERS, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
_ID = r"[a-z][a-z0-9]{4}[0-9]"
_POINT_FORMAT = "%Y%m%dT%H%M%SZ"
_MANIFEST_NAME = re.compile(rf"(?P<point>\d{{8}}T\d{{6}}Z)-(?P<alias>.+)-(?P<id>{_ID})\.json")
_OBJECT_ID = re.compile(rf"-(?P<id>{_ID})(?:\.|$)")
_FIELDS = ("database", "datetime", "ext")

# Patterns of strptime's directives, to parse the time in a name. Other directives match lazily.
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
    """Returns six random letters and digits. The first is a letter and the last a digit, so that no part of a date and
    no word in a file's name can be mistaken for an id."""
    middle = "".join(source.choices(_LETTERS + _DIGITS, k=4))
    return source.choice(_LETTERS) + middle + source.choice(_DIGITS)


def point(moment: datetime) -> str:
    """Returns the name of a recovery point, for instance ``20261123T101500Z``."""
    return moment.astimezone(UTC).strftime(_POINT_FORMAT)


def point_moment(name: str) -> datetime:
    """Returns the moment of a recovery point. Raises ValueError if the name is not one of a recovery point."""
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", name):
        raise ValueError(f"{name!r} is no recovery point")
    return datetime.strptime(name, _POINT_FORMAT).replace(tzinfo=UTC)


def is_id(text: str) -> bool:
    """Returns whether a string has the form of a backup's id."""
    return re.fullmatch(_ID, text) is not None


def path_problem(path: str) -> str:
    """Returns why a path from the remote's root cannot belong to an object in a backup folder; empty if it can.

    An accepted path is below the root, however the backend interprets it.
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
    """Returns why a path cannot belong to the object of the backup with this id; empty if it can."""
    if problem := path_problem(path):
        return problem
    ids = [match["id"] for match in _OBJECT_ID.finditer(path.rpartition("/")[2])]
    return "" if backup_id in ids else f"does not have the id {backup_id} in its name"


@dataclass(frozen=True, slots=True, order=True)
class ManifestName:
    """Parsed name of a manifest. Sorts by time."""

    point: str
    alias: str
    id: str

    @property
    def path(self) -> str:
        """Path from the remote's root."""
        return f"{MANIFEST_DIR}/{self.point}-{quote(self.alias, safe='')}-{self.id}.json"


def parse_manifest_name(name: str) -> ManifestName | None:
    """Returns the parsed file name of a manifest, or None if it is not one."""
    match = _MANIFEST_NAME.fullmatch(name)
    return ManifestName(match["point"], unquote(match["alias"]), match["id"]) if match else None


@dataclass(frozen=True, slots=True)
class Scheme:
    """Naming scheme of objects: folder, template and date format from the settings."""

    folder: str
    template: str
    date_format: str
    media: str = "media"
    """Folder of the mirror of the media files: no backup may be there, unless both settings name the same folder."""

    @property
    def dates_to_the_second(self) -> bool:
        """Returns whether an object's name determines its recovery point exactly."""
        moment = datetime(2026, 11, 23, 10, 15, 7, tzinfo=UTC)
        name = self.template.format(database="x", datetime=moment.strftime(self.date_format), ext="x")
        return self.parse(name) == ("x", moment)

    def manifest_of(self, path: str) -> ManifestName | None:
        """Returns the name of the manifest that belongs to an object, derived from the object's name, or None if it
        cannot be derived or its alias is ambiguous (``{database}_{ext}_{datetime}``)."""
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
        """Returns why a path cannot belong to the object of the backup with this id; empty if it can."""
        top, media, own = (place.partition("/")[0].casefold() for place in (path, self.media, self.folder))
        if top == media != own:
            return "lies among the media files"
        return object_path_problem(path, backup_id)

    def object_path(self, alias: str, moment: datetime, extension: str, backup_id: str) -> str:
        """Returns the path of a new object from the remote's root: the template with the id before the extension,
        ``db/default-2026-11-23-101500-k3f9q2.dump``. ``moment`` is the recovery point's, so that ``manifest_of`` can
        find the manifest of the object."""
        stamp = moment.astimezone(UTC).strftime(self.date_format)
        safe_alias = quote(alias, safe=" ")
        if self.template.endswith(".{ext}"):
            stem = self.template.removesuffix(".{ext}").format(database=safe_alias, datetime=stamp, ext=extension)
            return f"{self.folder}/{stem}-{backup_id}.{extension}"
        name = self.template.format(database=safe_alias, datetime=stamp, ext=extension)
        return f"{self.folder}/{name}-{backup_id}"

    def id_of(self, name: str) -> str:
        """Returns the id in an object's file name, or an empty string if django-rclone did not name the file."""
        found = [match["id"] for match in _OBJECT_ID.finditer(name)]
        if not found or (self.template.endswith(".{ext}") and self.parse(name)):
            return ""  # second case: the apparent id is the end of the alias ("my-backup.2026….dump")
        return found[-1]

    def parse(self, name: str) -> tuple[str, datetime] | None:
        """Returns the alias and the time in a file name without an id (as made by django-rclone 0.4), or None if the
        name does not match the template."""
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
    """Returns the problem of a DB_FILENAME_TEMPLATE, as a clause that follows its name; empty if it is valid."""
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
        return f"must be a file name: folders belong into {setting_names.current().setting('DB_BACKUP_DIR')}"
    return ""


def _date_pattern(date_format: str) -> str:
    parts = re.split(r"%(.)", date_format)
    return "".join(
        re.escape(part) if index % 2 == 0 else _DIRECTIVES.get(part, r"[^/]+?") for index, part in enumerate(parts)
    )
