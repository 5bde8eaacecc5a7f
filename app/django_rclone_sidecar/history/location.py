"""The file of the history and its database alias, separate from the target's ``default``."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

ALIAS = "django-rclone history"
"""Cannot be an alias of the target: no environment variable can have this name."""

ROUTER = "django_rclone_sidecar.history.location.Router"

_APP = "django_rclone_sidecar"
_NAME = "history.sqlite3"
_PREFIX = "django-rclone-history-"


def path(folder: Path) -> Path:
    """Returns the path of the history: in the state folder, or in memory if that is not writable."""
    if os.access(folder, os.W_OK | os.X_OK) or (not folder.exists() and _can_be_created(folder)):
        return folder / _NAME
    return _memory_folder() / f"{_PREFIX}{os.getuid()}-{sha256(os.fsencode(folder.absolute())).hexdigest()[:8]}" / _NAME


def is_ours(file: Path) -> bool:
    """Returns whether a folder in memory belongs to this user: its name can be guessed."""
    folder = file.parent
    if folder.parent != _memory_folder() or not folder.name.startswith(_PREFIX):
        return True
    return not folder.is_symlink() and folder.stat().st_uid == os.getuid()


def _memory_folder() -> Path:
    memory = Path("/dev/shm")  # noqa: S108 - the folder below it belongs to the user
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def _can_be_created(folder: Path) -> bool:
    above = next(parent for parent in folder.absolute().parents if parent.exists())
    return os.access(above, os.W_OK | os.X_OK)


def database(folder: Path) -> dict[str, Any]:
    """Returns the entry for DATABASES."""
    # IMMEDIATE, because SQLite fails at once, without waiting, when two readers both start to write.
    options = {"timeout": 5, "transaction_mode": "IMMEDIATE"}
    return {ALIAS: {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path(folder)), "OPTIONS": options}}


class Router:
    """Routes the sidecar's models, and only those, to the history."""

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        return ALIAS if model._meta.app_label == _APP else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool | None:
        """Excludes the history from ``migrate``: its tables are created when missing."""
        return False if db == ALIAS or app_label == _APP else None
