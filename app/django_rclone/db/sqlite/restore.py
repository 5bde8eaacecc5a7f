"""Plans the restore of a SQLite database: load into a stage, check that, then replace the live contents."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django_rclone.db.base import Gate, Mode, RestorePlan
from django_rclone.db.sqlite import sql_text
from django_rclone.db.sqlite.commands import program
from django_rclone.db.sqlite.errors import explainer
from django_rclone.db.sqlite.facts import Live
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout.manifest import StoredObject


def plan(
    alias: str, live: Live, mode: Mode, target: str, stored: StoredObject, wait: float, sqlite3: str = ""
) -> RestorePlan:
    """Returns the plan for a backup; ``sqlite3``: the program that loads it, if it is SQL text."""
    size = stored.raw_bytes or stored.bytes
    stage = stage_path(target)
    new = ("new",) if mode.into else ()
    quick = ("quick",) if stored.sha256 else ()
    explain = explainer(alias, target, "A restore", nothing_changed=True)
    if sqlite3:
        load, gate = sql_text.load(sqlite3, stage, explain), Gate(tail=partial(_require_commit, alias))
    else:
        load, gate = program("stage", "load", stage, explain=explain, is_loader=True), Gate()
    return RestorePlan(
        target=target,
        prepare=(program("stage", "prepare", target, stage, str(size), *new, explain=explain),),
        load=(load,),
        commit=(
            program("check_stage", stage, *quick, explain=explain, is_loader=True),
            program("replace", target, stage, f"{wait:g}", *new, explain=explain, is_loader=True),
        ),
        abort=(program("stage", "abort", stage, explain=explainer(alias, stage, "Removal")),),
        gate=gate,
        notes=tuple(_notes(live, mode, target)),
    )


def restore_problems(path: str) -> list[str]:
    """Returns why this user cannot restore: both the file and its folder, which holds the stage, must be writable."""
    return [
        f"{place} cannot be written to by user {os.getuid()}, which a restore needs: mount it writable, or run as its "
        "owner."
        for place in (os.path.dirname(path), path)  # noqa: PTH120 - keeps links
        if os.path.exists(place) and not os.access(place, os.W_OK)  # noqa: PTH110
    ]


def _notes(live: Live, mode: Mode, target: str) -> Iterator[str]:
    if live.damaged and not mode.into:
        yield f"{target} is damaged. After the restore, restart the processes that have it open."
    elif live.exists and not mode.into:
        yield "Processes that have the database open will see the restored data."
    if mode.terminate_sessions:
        yield "SQLite has no sessions that could be ended; the restore waits for processes that have the file locked."


def _require_commit(alias: str, end: bytes) -> bytes:
    """Returns the end of a complete script. After an incomplete one, sqlite3 would end with 0 and keep its part."""
    if end.rstrip().endswith(b"COMMIT;"):
        return end
    raise DjangoRcloneError(
        f'Database "{alias}": the backup is damaged: its SQL text does not end with COMMIT. '
        "Nothing was changed. Restore another backup."
    )


def stage_path(target: str) -> str:
    """Returns the path of the stage: next to the target, with the process that uses it in its name."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        namespace = 0
    path = Path(target)
    return str(path.with_name(f".{path.name}.restore-{namespace:x}.{os.getpid()}.{secrets.token_hex(4)}"))
