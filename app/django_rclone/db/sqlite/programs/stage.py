"""The stage of a SQLite restore: a file next to the live one, which the backup is loaded into.

Needs only the standard library:

    stage.py sniff                              print the format of stdin: "file" or "sql"
    stage.py prepare TARGET STAGE BYTES [new]   check the target and the free space, create an empty stage
    stage.py scratch TARGET STAGE BYTES         create an empty stage for a check, without a target
    stage.py load STAGE                         copy stdin to the stage
    stage.py abort STAGE                        remove the stage

With ``new`` the target must be empty or missing. A stage's name ends in the pid namespace and pid of the restore and a
random part, so that the next restore recognises what a killed one has left.
"""

from __future__ import annotations

import fcntl
import glob
import os
import re
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

_CHUNK = 1 << 20
_MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, 1.3 "The Database Header"
_COMPANIONS = ("-journal", "-wal", "-shm")
_NAME = re.compile(r".*\.restore-([0-9a-f]+)\.(\d+)\.[0-9a-f]+")
_STALE = 3600.0
"""Age in seconds from which a stage that is not locked counts as left over, wherever its restore ran."""


class ConfigurationError(Exception):
    """The request cannot work; the message says what to change."""


class WrongName(ConfigurationError):
    """No database can be at this path; the caller of this program knows what to correct."""


class Damaged(Exception):
    """The backup is not a complete database."""


def sniff() -> str:
    """Returns the format of stdin. The file name does not show it: django-rclone 0.4 named SQL text like a database
    file."""
    head = sys.stdin.buffer.read(4096)
    if head.startswith(_MAGIC):
        return "file"
    if b"\0" not in head and re.match(rb"\s*(?:PRAGMA|BEGIN|CREATE|--|/\*)", head, re.IGNORECASE):
        return "sql"
    raise Damaged("it is neither a SQLite database file nor the text that sqlite3's .dump prints.")


def prepare(target: Path, stage: Path, size: int, *, new: bool) -> None:
    """Removes what killed restores have left, checks the target and the free space, and creates the stage."""
    folder = target.parent
    if not folder.is_dir():
        raise WrongName(f"the folder {folder} does not exist.")
    if target.exists() and not target.is_file():
        raise WrongName(f"{target} is not a file.")
    sweep(target)
    live = target.stat().st_size if target.exists() else 0
    if live and new:
        raise ConfigurationError(f"{target} exists already and is not empty. Choose another name, or remove it first.")
    for path in (folder, target):
        if path.exists() and not os.access(path, os.W_OK):
            raise ConfigurationError(
                f"{path} cannot be written by this user ({os.geteuid()}). Change its owner or mode."
            )
    needed = size + (max(size, live) if live else 0)  # the stage, and the rollback journal
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigurationError(f"a restore needs {needed:,} free bytes in {folder}, there are {free:,}. Make room.")
    os.close(os.open(stage, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def scratch(target: Path, stage: Path, size: int) -> None:
    """Removes what killed checks have left, checks the free space, and creates the stage."""
    sweep(target)
    free = shutil.disk_usage(target.parent).free
    if free < size:
        raise ConfigurationError(
            f"the check of a SQLite file needs {size:,} free bytes in {target.parent}, there are {free:,}. Make room, "
            "or set TMPDIR to another folder."
        )
    os.close(os.open(stage, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def sweep(target: Path) -> None:
    """Removes the stages of restores that were killed."""
    for stage in target.parent.glob(f".{glob.escape(target.name)}.restore-*"):
        name = _NAME.fullmatch(stage.name)
        with suppress(OSError):  # removed, or locked by a running restore
            if name and _is_left_over(stage, *name.groups()):
                abort(stage)


def _is_left_over(stage: Path, namespace: str, pid: str) -> bool:
    with stage.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if time.time() - stage.stat().st_mtime > _STALE:
        return True
    ours = f"{Path('/proc/self/ns/pid').stat().st_ino:x}"
    return namespace == ours and not Path(f"/proc/{pid}").exists()


def load(stage: Path) -> None:
    """Writes stdin to the stage, and to the disk."""
    with stage.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        first = sys.stdin.buffer.read(_CHUNK)
        if not first.startswith(_MAGIC):
            raise Damaged("it does not begin like a SQLite database.")
        file.write(first)
        shutil.copyfileobj(sys.stdin.buffer, file, _CHUNK)
        file.flush()
        os.fsync(file)


def abort(stage: Path) -> None:
    """Removes the stage."""
    for ending in ("", *_COMPANIONS):
        stage.with_name(stage.name + ending).unlink(missing_ok=True)


def main(arguments: list[str]) -> int | str:
    """Returns the exit code, or the line that reports the error."""
    try:
        match arguments:
            case ["sniff"]:
                print(sniff())
            case ["prepare", target, stage, size, *new]:
                prepare(Path(target), Path(stage), int(size), new=new == ["new"])
            case ["scratch", target, stage, size]:
                scratch(Path(target), Path(stage), int(size))
            case ["load", stage]:
                load(Path(stage))
            case ["abort", stage]:
                abort(Path(stage))
            case _:
                return f"ConfigurationError: {arguments} is not a known command."
    except (OSError, ConfigurationError, Damaged) as error:
        return f"{type(error).__name__}: {error}"
    return 0
