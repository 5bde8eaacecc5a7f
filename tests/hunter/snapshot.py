"""Every file, folder and link below a folder, and what differs between two such looks."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Look = Mapping[str, str]
"""Content of each path: a folder, a link with its target, a special file, or a file with size and hash."""

_seen: dict[tuple[int, int, int, int, int], str] = {}


@dataclass(frozen=True, slots=True)
class Difference:
    """Paths that came, went, or hold something else now."""

    added: frozenset[str]
    removed: frozenset[str]
    changed: frozenset[str]

    @property
    def paths(self) -> frozenset[str]:
        return self.added | self.removed | self.changed


def look(folder: Path) -> Look:
    """Returns everything below a folder, links not followed."""
    found: dict[str, str] = {}
    _walk(os.fspath(folder), "", found)
    return found


def difference(before: Look, after: Look) -> Difference:
    """Returns what happened in between."""
    return Difference(
        added=frozenset(after.keys() - before.keys()),
        removed=frozenset(before.keys() - after.keys()),
        changed=frozenset(path for path in before.keys() & after.keys() if before[path] != after[path]),
    )


def _walk(folder: str, prefix: str, found: dict[str, str]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{prefix}{entry.name}"
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                found[path] = "folder"
                _walk(entry.path, f"{path}/", found)
            elif stat.S_ISLNK(status.st_mode):
                found[path] = f"link to {os.readlink(entry.path)}"  # noqa: PTH115
            elif stat.S_ISREG(status.st_mode):
                found[path] = _content(entry.path, status)
            else:
                found[path] = "special"


def _content(path: str, status: os.stat_result) -> str:
    key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if key not in _seen:
        with open(path, "rb") as file:  # noqa: PTH123
            _seen[key] = f"{status.st_size} bytes {hashlib.file_digest(file, 'sha1').hexdigest()[:12]}"
    return _seen[key]
