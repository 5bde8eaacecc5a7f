"""Finds a database's client programs: in a folder that the user names, on PATH, and where distributions put them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django_rclone import process
from django_rclone.command import Command
from django_rclone.exceptions import DjangoRcloneError

# Debian's front end for all versions at once: it chooses one by its own rules, and is installed next to the versions.
_FRONT_ENDS = frozenset({"pg_wrapper"})
_VERSION = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Client:
    """A client program of one version, and the folder that holds the other programs of its package."""

    folder: str
    program: str
    version: str
    """For instance ``17.4``: the first number in the output of ``--version``."""
    version_output: str
    """The output of ``--version``, which also distinguishes flavours."""

    @property
    def major(self) -> int:
        """The first part of the version."""
        return int(self.version.partition(".")[0])

    @property
    def path(self) -> str:
        """The program with its folder."""
        return self.companion(self.program)

    def companion(self, program: str) -> str:
        """Returns another program of the same package, with its folder."""
        return str(Path(self.folder, program))

    def has(self, *programs: str) -> bool:
        """Returns whether all these programs are in the same folder."""
        return all(os.access(self.companion(program), os.X_OK) for program in programs)


def find(program: str, binary_dir: str = "", patterns: Sequence[str] = ()) -> list[Client]:
    """Returns every version of ``program`` that this machine has and that starts, the first found first.

    With ``binary_dir`` only that folder counts. ``patterns`` are absolute glob patterns of the folders where
    distributions install several versions.
    """
    clients: list[Client] = []
    seen: set[Path] = set()
    for folder in _folders(binary_dir, patterns):
        path = folder / program
        if not os.access(path, os.X_OK) or not path.is_file():
            continue
        real = path.resolve()
        if real in seen or (real.name in _FRONT_ENDS and not binary_dir):
            continue
        seen.add(real)
        version_output = _ask_version(str(path), path.stat().st_mtime_ns)
        if version := _VERSION.search(version_output):
            clients.append(Client(str(folder), program, version[0], version_output))
    return clients


def _folders(binary_dir: str, patterns: Sequence[str]) -> Iterator[Path]:
    if binary_dir:
        yield Path(binary_dir).expanduser()
        return
    for folder in os.get_exec_path():
        if folder:
            yield Path(folder)
    for pattern in patterns:
        # The newest first by name. The caller chooses by version.
        yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)


@cache
def _ask_version(path: str, _changed: int) -> str:
    """Returns the output of ``--version`` of the program at ``path``; empty if it does not start."""
    try:
        return process.run(Command((path, "--version")), timeout=20).decode(errors="replace").strip()
    except DjangoRcloneError:
        return ""
