"""Scratch folders of drills: each holds one restored database, and a lock for as long as its drill runs.

Needs only the standard library:

    scratch.py claim FOLDER BYTES   create the folder, print a line, and keep it locked until stdin ends
    scratch.py sweep FOLDER         remove the folders of dead drills next to FOLDER, which has the name of a new one
    scratch.py drop FOLDER          remove the folder

A folder's name ends in its owner, which is the same for all drills of one database, and a random part.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

from .errors import ConfigurationError, error_line

_LOCK = "lock"
_NAME = re.compile(r"(.*-[0-9a-f]{8})-[0-9a-f]{8}")
_STALE = 60.0
"""Age in seconds from which a folder without a lock counts as left over: a drill locks its folder at once."""


def claim(folder: Path, size: int) -> None:
    """Creates the folder, and keeps it locked until stdin ends."""
    free = shutil.disk_usage(folder.parent).free
    if free < size:
        raise ConfigurationError(
            f"a drill needs {size:,} free bytes in {folder.parent}, there are {free:,}. Make room, or set TMPDIR to "
            "another folder."
        )
    folder.mkdir(0o700)
    with (folder / _LOCK).open("xb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        print("claimed", flush=True)
        while sys.stdin.buffer.read(1 << 16):
            continue


def sweep(folder: Path) -> None:
    """Removes the folders of dead drills with the same owner. Those of other users, and links, stay."""
    mine = _NAME.fullmatch(folder.name)
    for other in folder.parent.iterdir():
        name = _NAME.fullmatch(other.name)
        if mine is None or name is None or name[1] != mine[1]:
            continue
        with suppress(OSError):  # removed meanwhile, or locked by a running drill
            status = other.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                _remove_if_dead(other)


def _remove_if_dead(folder: Path) -> None:
    if not (folder / _LOCK).exists():
        if time.time() - folder.stat().st_mtime > _STALE:
            folder.rmdir()
        return
    with (folder / _LOCK).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        drop(folder)


def drop(folder: Path) -> None:
    """Removes the folder, its lock last: what is left of an interrupted removal is removed by the next drill."""
    with suppress(FileNotFoundError):
        for entry in folder.iterdir():
            if entry.name != _LOCK:
                entry.unlink(missing_ok=True)
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


def main(arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    try:
        match arguments:
            case ["claim", folder, size]:
                claim(Path(folder), int(size))
            case ["sweep", folder]:
                sweep(Path(folder))
            case ["drop", folder]:
                drop(Path(folder))
            case _:
                raise ConfigurationError(f"{arguments} is not a known command.")
    except (OSError, ConfigurationError) as error:
        return error_line(error)
    return 0
