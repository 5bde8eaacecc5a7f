"""rclone's log of a sync: actual or planned changes, errors, and files left out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django_rclone.display import one_line

_NAMES_KEPT = 5

# Start of rclone's message → kind of file, singular and plural. Sources: backend/local/local.go, fs/march/march.go,
# backend/crypt/crypt.go.
_SKIPPED = {
    "Can't follow symlink": ("symbolic link", "symbolic links"),
    "Can't transfer non file/directory": ("special file", "special files"),
    "Duplicate object found": (
        "file whose name differs from another's only in Unicode form or case",
        "files whose names differ from others' only in Unicode form or case",
    ),
    "Duplicate directory found": (
        "folder whose name differs from another's only in Unicode form or case",
        "folders whose names differ from others' only in Unicode form or case",
    ),
    "Skipping undecryptable": ("file that the password does not decrypt", "files that the password does not decrypt"),
}
_RENAMED = "Replacing invalid UTF-8 characters"


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes that a sync made or, with ``--dry-run``, would make."""

    copied: int
    deleted: int
    bytes: int
    skipped: int = 0
    """Number of files that rclone leaves out, such as links: they are neither backed up nor restored."""

    def __str__(self) -> str:
        files = "file" if self.copied == 1 else "files"
        left_out = f", {self.skipped} left out" if self.skipped else ""
        return f"{self.copied} {files} copied ({self.bytes:,} bytes), {self.deleted} deleted{left_out}"


class SyncLog:
    """Reads rclone's JSON log of one sync. In a dry run, ``on_copy`` and ``on_delete`` get the names of the files."""

    def __init__(
        self, on_copy: Callable[[str, int], None] | None = None, on_delete: Callable[[str], None] | None = None
    ) -> None:
        self._on_copy, self._on_delete = on_copy, on_delete
        self._stats: tuple[int, int, int] | None = None
        self._skipped: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], list[str]] = {}
        self._renamed: list[str] = []
        self.destination_files = 0
        """Number of files in the destination before the sync."""
        self.errors: list[str] = []
        """First errors, each with the file's name."""

    @property
    def complete(self) -> bool:
        """Whether rclone reported statistics."""
        return self._stats is not None

    @property
    def changes(self) -> Changes:
        """Changes according to the last statistics."""
        return Changes(*(self._stats or (0, 0, 0)), skipped=self._skipped.total())

    def read_line(self, line: str) -> None:
        """Reads a line of the log; other lines are ignored."""
        try:
            entry = json.loads(line)
            if "stats" in entry:
                stats = entry["stats"]
                # Every file of the destination is checked once: against its source, or to be deleted.
                self._stats = (stats["transfers"], stats["deletes"], stats["bytes"])
                self.destination_files = stats["checks"]
                return
            message, name = str(entry.get("msg", "")), str(entry.get("object", ""))
            if entry.get("skipped") == "copy" and self._on_copy:
                self._on_copy(name, int(entry.get("size", 0)))
            if entry.get("skipped") == "delete" and self._on_delete:
                self._on_delete(name)
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        self._read_message(message, name, entry.get("level"))

    def _read_message(self, message: str, name: str, level: object) -> None:
        for beginning, kind in _SKIPPED.items():
            if message.startswith(beginning):
                self._skipped[kind] += 1
                examples = self._examples.setdefault(kind, [])
                if len(examples) < _NAMES_KEPT:
                    examples.append(name)
                return
        if message.startswith(_RENAMED):
            self._renamed.append(message[len(_RENAMED) :].removeprefix(" in ").strip('"'))
        elif level == "error" and len(self.errors) < _NAMES_KEPT and name:
            self.errors.append(one_line(f"{name}: {message}"))

    def warnings(self) -> list[str]:
        """Returns one sentence for each kind of file that was left out, and one for renamed files."""
        warnings = [
            f"{count} {kind[0] if count == 1 else kind[1]} left out: {_enumerate(self._examples[kind], count)}."
            for kind, count in self._skipped.items()
        ]
        if self._renamed:
            names = _enumerate(self._renamed[:_NAMES_KEPT], len(self._renamed))
            warnings.append(f"Names that are not valid UTF-8 are stored and restored in another spelling: {names}.")
        return warnings


def _enumerate(names: list[str], count: int) -> str:
    more = f" and {count - len(names)} more" if count > len(names) else ""
    return ", ".join(one_line(name) for name in names) + more
