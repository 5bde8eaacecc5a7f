"""The stage of a SQLite restore: a file beside the live one, which takes in what is restored.

A program of its own, which needs the standard library only:

    stage.py sniff                              what stdin is: prints "file" or "sql"
    stage.py prepare TARGET STAGE BYTES [new]   an empty stage, after a look at the target and the space
    stage.py load STAGE                         stdin into the stage
    stage.py abort STAGE                        the stage removed

With ``new`` the target must hold nothing yet. A stage's name ends in pid namespace, pid of who restores, and
something random, so that the next restore can tell what a killed one has left.
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
"""Seconds after which a stage that nobody has locked is nobody's, wherever its maker ran."""


class ConfigurationError(Exception):
    """It cannot work like this; the message says what to change."""


class WrongName(ConfigurationError):
    """No database can be at this path; whoever started this program says what to correct."""


class Damaged(Exception):
    """What should be restored is no whole database."""


def sniff() -> str:
    """Returns what stdin is. django-rclone 0.4 gave SQL text the ending of a database file: look, do not trust."""
    head = sys.stdin.buffer.read(4096)
    if head.startswith(_MAGIC):
        return "file"
    if b"\0" not in head and re.match(rb"\s*(?:PRAGMA|BEGIN|CREATE|--|/\*)", head, re.IGNORECASE):
        return "sql"
    raise Damaged("it is neither a SQLite database file nor the text that sqlite3's .dump prints.")


def prepare(target: Path, stage: Path, size: int, *, new: bool) -> None:
    """Makes room: leftovers of killed restores go, target and space are looked at, the stage is made."""
    folder = target.parent
    if not folder.is_dir():
        raise WrongName(f"the folder {folder} does not exist.")
    if target.exists() and not target.is_file():
        raise WrongName(f"{target} is no file.")
    sweep(target)
    live = target.stat().st_size if target.exists() else 0
    if live and new:
        raise ConfigurationError(f"{target} exists already and is not empty. Choose another name, or remove it first.")
    for path in (folder, target):
        if path.exists() and not os.access(path, os.W_OK):
            raise ConfigurationError(
                f"{path} cannot be written by this user ({os.geteuid()}). Change its owner or mode."
            )
    needed = size + (max(size, live) if live else 0)  # the stage, and the journal that can undo what is half done
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigurationError(f"a restore needs {needed:,} free bytes in {folder}, there are {free:,}. Make room.")
    os.close(os.open(stage, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def sweep(target: Path) -> None:
    """Removes the stages of restores that were killed."""
    for stage in target.parent.glob(f".{glob.escape(target.name)}.restore-*"):
        name = _NAME.fullmatch(stage.name)
        with suppress(OSError):  # gone, or locked: somebody works on it
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
            raise Damaged("it does not begin as a SQLite database does.")
        file.write(first)
        shutil.copyfileobj(sys.stdin.buffer, file, _CHUNK)
        file.flush()
        os.fsync(file)


def abort(stage: Path) -> None:
    """Removes the stage."""
    for ending in ("", *_COMPANIONS):
        stage.with_name(stage.name + ending).unlink(missing_ok=True)


def main(arguments: list[str]) -> int | str:
    """Returns the exit code, or the one line that says what went wrong."""
    try:
        match arguments:
            case ["sniff"]:
                print(sniff())
            case ["prepare", target, stage, size, *new]:
                prepare(Path(target), Path(stage), int(size), new=new == ["new"])
            case ["load", stage]:
                load(Path(stage))
            case ["abort", stage]:
                abort(Path(stage))
            case _:
                return f"ConfigurationError: {arguments} is no verb with its arguments."
    except (OSError, ConfigurationError, Damaged) as error:
        return f"{type(error).__name__}: {error}"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
