"""Paths of manifests, which hold time, alias and id: one listing is enough to find the newest backup. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from django_rclone.layout import backup_ids
from django_rclone.layout.folders import MANIFEST_DIR

_NAME = re.compile(rf"(?P<point>\d{{8}}T\d{{6}}Z)-(?P<alias>.+)-(?P<id>{backup_ids.PATTERN})\.json")


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
    match = _NAME.fullmatch(name)
    return ManifestName(match["point"], unquote(match["alias"]), match["id"]) if match else None
