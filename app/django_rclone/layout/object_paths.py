"""Paths of objects: made from DB_FILENAME_TEMPLATE and an id, parsed, and checked. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from string import Formatter
from urllib.parse import quote, unquote

from django_rclone import setting_names
from django_rclone.layout import backup_ids, recovery_points
from django_rclone.layout.folders import RESERVED
from django_rclone.layout.manifest_paths import ManifestName

PARTIAL = ".partial"
"""Suffix of an object that is being written, on backends that show it before it is complete."""

_OBJECT_ID = re.compile(rf"-(?P<id>{backup_ids.PATTERN})(?:\.|$)")
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


def path_problem(path: str) -> str:
    """Returns why a path from the remote's root cannot belong to an object in a backup folder; empty if it can.

    An accepted path is below the root, however the backend interprets it.
    """
    parts = path.split("/")
    if not path.isprintable() and any(character < " " or character in "\x7f\x85\u2028\u2029" for character in path):
        return "has control characters"
    if "\\" in path or any(part.strip(" ") in ("", ".", "..") for part in parts):
        return "is not below the remote"
    if len(parts) < 2:
        return "is not in a folder"
    if parts[0].casefold() in {name.casefold() for name in RESERVED}:
        return f"is in {parts[0]}, which has another use"
    return ""


def object_path_problem(path: str, backup_id: str) -> str:
    """Returns why a path cannot belong to the object of the backup with this id; empty if it can."""
    if problem := path_problem(path):
        return problem
    ids = [match["id"] for match in _OBJECT_ID.finditer(path.rpartition("/")[2])]
    return "" if backup_id in ids else f"does not have the id {backup_id} in its name"


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
        return ManifestName(recovery_points.name_of(found[1]), found[0], backup_id)

    def problem(self, path: str, backup_id: str) -> str:
        """Returns why a path cannot belong to the object of the backup with this id; empty if it can."""
        top, media, own = (folder.partition("/")[0].casefold() for folder in (path, self.media, self.folder))
        if top == media != own:
            return "is among the media files"
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
        return f"is not a format string: {error}"
    fields = [field for _literal, field, _spec, _conversion in parts if field is not None]
    if any(spec or conversion for _literal, field, spec, conversion in parts if field is not None):
        return "accepts only plain {database}, {datetime} and {ext}"
    if set(fields) - set(_FIELDS):
        return f"has unknown fields: {', '.join(sorted(set(fields) - set(_FIELDS)))}"
    if len(fields) != len(set(fields)) or not {"database", "datetime"} <= set(fields):
        return "must have {database} and {datetime}, once each"
    if parts[0][:2] != ("", "database") or len(parts) < 2 or not parts[1][0]:
        return "must begin with {database} and a separator: otherwise the database of a backup is ambiguous"
    if "/" in template or "\\" in template:
        return f"must be a file name: set the folder in {setting_names.current().setting('DB_BACKUP_DIR')}"
    return ""


def _date_pattern(date_format: str) -> str:
    parts = re.split(r"%(.)", date_format)
    return "".join(
        re.escape(part) if index % 2 == 0 else _DIRECTIVES.get(part, r"[^/]+?") for index, part in enumerate(parts)
    )
