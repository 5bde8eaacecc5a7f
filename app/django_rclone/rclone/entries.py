"""Files on a remote, as rclone lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """A file on the remote. ``path`` is relative to the folder that was listed."""

    path: str
    size: int
    modified: datetime


def parse(item: Mapping[str, Any], path: str = "") -> Entry:
    """Returns an entry of ``rclone lsjson``. ``path`` replaces the path in it, which is only the name for one file."""
    return Entry(path or item["Path"], item["Size"], datetime.fromisoformat(item["ModTime"]))
