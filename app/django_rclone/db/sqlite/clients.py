"""Finds the program sqlite3, which only SQL text needs."""

from __future__ import annotations

import shutil

from django_rclone import setting_names
from django_rclone.exceptions import ConfigurationError


def install() -> str:
    """Returns the advice where the program is missing."""
    return f"Install it (Debian: apt-get install sqlite3), or {setting_names.current().find_program('BINARY_DIR')}."


def find(binary_dir: str) -> str | None:
    """Returns the path of sqlite3, in this folder if one is given; None where it is missing."""
    return shutil.which("sqlite3", path=binary_dir or None)


def sqlite3(alias: str, binary_dir: str) -> str:
    """Returns the path of sqlite3. Raises ConfigurationError where it is missing."""
    if found := find(binary_dir):
        return found
    raise ConfigurationError(
        f'Database "{alias}": the program "sqlite3", which SQL text needs, was not found. {install()}'
    )
