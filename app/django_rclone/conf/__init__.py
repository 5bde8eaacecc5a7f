"""The ``DJANGO_RCLONE`` setting: the table of its keys, their validation and their values."""

from __future__ import annotations

from django_rclone.conf.remote_settings import rclone_problems, remote
from django_rclone.conf.table import SETTINGS, Setting
from django_rclone.conf.values import (
    compression,
    configured,
    get,
    limits,
    names,
    overlap,
    problem,
    unknown_keys,
)

__all__ = [
    "SETTINGS",
    "Setting",
    "compression",
    "configured",
    "get",
    "limits",
    "names",
    "overlap",
    "problem",
    "rclone_problems",
    "remote",
    "unknown_keys",
]
