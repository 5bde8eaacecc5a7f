"""The ``DJANGO_RCLONE`` setting: the table of its keys, their validation and their values."""

from __future__ import annotations

from django_rclone.conf.remote_settings import rclone_problems, remote
from django_rclone.conf.table import SETTINGS, Setting
from django_rclone.conf.values import (
    compression,
    configured,
    folder_overlap,
    get,
    limits,
    names,
    problem,
    unknown_keys,
)

__all__ = [
    "SETTINGS",
    "Setting",
    "compression",
    "configured",
    "folder_overlap",
    "get",
    "limits",
    "names",
    "problem",
    "rclone_problems",
    "remote",
    "unknown_keys",
]
