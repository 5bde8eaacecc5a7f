"""Error messages for failures of the SQLite programs."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import partial
from pathlib import Path

from django_rclone import setting_names
from django_rclone.command import Explanation
from django_rclone.db.failures import NOTHING_CHANGED, for_database
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed, Unavailable

_WRITE = "Let this user write to the file and to its folder"
# The kind in the programs' last line: the name of SQLite's error code, or the class of another exception.
_MEANINGS: tuple[tuple[str, type[DjangoRcloneError], str], ...] = (
    ("ConfigurationError", ConfigurationError, "{text}"),
    ("WrongName", ConfigurationError, "{text} Correct {NAME}."),
    (
        "NotLoadable",
        ConfigurationError,
        '{text} Change those rows, or set FORMAT to "file"{in_database_options}.',
    ),
    (
        "LogInUse",
        Unavailable,
        "{action} of {path} failed: {text} End long read transactions, set SPOOL{in_database_options}, or use a SQLite "
        "library that has sqlite_dbpage (Debian 13's has).{holders}",
    ),
    ("Damaged", DjangoRcloneError, "{action} of {path} failed: {text}"),
    ("Unavailable", Unavailable, "{action} of {path} failed: {text}{holders}"),
    (
        "SQLITE_BUSY|SQLITE_LOCKED|.*database is locked",
        Unavailable,
        "{path} stays locked.{holders} Stop what uses it, or try again later.",
    ),
    (
        "SQLITE_FULL|OSError.*No space|.*database or disk is full",
        DjangoRcloneError,
        "{action} of {path} failed: the disk is full. Make room.",
    ),
    ("SQLITE_NOTADB", DjangoRcloneError, "{path} is not a SQLite database. Correct {NAME}, or restore a backup."),
    ("SQLITE_CORRUPT", DjangoRcloneError, "{path} is damaged ({text}). Restore a backup."),
    (
        "SQLITE_CANTOPEN",
        ConfigurationError,
        "{path} cannot be opened ({text}). Check that it exists and is readable. In WAL mode SQLite must also "
        "be able to write the -shm file next to it, so a read-only folder or mount does not work.",
    ),
    (
        "SQLITE_READONLY",
        ConfigurationError,
        f"{{path}} cannot be written ({{text}}). {_WRITE}: SQLite needs that even to read a database in WAL mode.",
    ),
    (
        # printed by the program sqlite3; our own programs need nothing from the app
        ".*(?:no such|unknown) function: |.*no such collation sequence: |.*no such module: ",
        ConfigurationError,
        "{action} of {path} failed: its schema needs something that only the app registers and the program sqlite3 "
        'does not have ({text}), so SQL text of it could not be loaded. Set FORMAT to "file"{in_database_options}, '
        "which needs no app.",
    ),
    ("PermissionError", ConfigurationError, f"{{action}} of {{path}} failed: {{text}}. {_WRITE}."),
    (
        "FileNotFoundError",
        ConfigurationError,
        "{action} of {path} failed: {text}. Correct {NAME}, or restore a backup.",
    ),
)


def explainer(alias: str, path: str, action: str, *, nothing_changed: bool = False) -> Explanation:
    """Returns the function that explains the failure of a program that does ``action`` with ``path``.

    ``nothing_changed``: the failure leaves the database as it was, and the error says so.
    """
    return for_database(alias, partial(_explain, path=path, action=action, nothing_changed=nothing_changed))


def _explain(failure: ProgramFailed, path: str, action: str, nothing_changed: bool) -> DjangoRcloneError:
    kind, sentence = _meaning(failure, path, action)
    return kind(f"{sentence} {NOTHING_CHANGED}" if nothing_changed else sentence)


def _meaning(failure: ProgramFailed, path: str, action: str) -> tuple[type[DjangoRcloneError], str]:
    lines = [line.strip() for line in failure.stderr.splitlines() if line.strip()]
    for line in lines:  # sqlite3 prints its error first, then check_dumped_text.py that the text is incomplete
        for pattern, kind, sentence in _MEANINGS:
            if re.match(pattern, line):
                text = line.partition(": ")[2]
                values = {"path": path, "action": action, "text": text, "holders": holders(path)}
                return kind, setting_names.filled(sentence, **values)
    return DjangoRcloneError, f"{action} of {path} failed: {failure}."


def holders(path: str) -> str:
    """Returns a sentence with the processes that have locked the database, as far as they are visible; else empty."""
    names = _locked_by(path)
    return f" It is locked by {', '.join(sorted(names))}." if names else ""


def _locked_by(path: str) -> set[str]:
    inodes = set()
    for ending in ("", "-shm"):  # the locks of a write-ahead log are on its index
        with suppress(OSError):
            inodes.add(str(os.stat(path + ending).st_ino))  # noqa: PTH116 - the path may not be ours to normalise
    names: set[str] = set()
    with suppress(OSError):
        # proc(5), /proc/locks: "1: POSIX  ADVISORY  WRITE 3548 08:01:131 1073741824 1073742335"
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.replace("->", "").split()
            if len(fields) >= 6 and fields[5].rpartition(":")[2] in inodes and fields[4] != "-1":
                names.add(_process_name(fields[4]))
    return names


def _process_name(pid: str) -> str:
    program = "process"
    with suppress(OSError):
        program = Path(f"/proc/{pid}/comm").read_text().strip()
    return f"{program} (pid {pid})"
