"""Versions of the programs that a run uses. Does not import Django, to start quickly."""

from __future__ import annotations

import platform
from importlib import metadata

import django_rclone
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.rclone.remote import Remote


def versions() -> dict[str, str]:
    """Returns the version of each program."""
    return {
        "django-rclone": django_rclone.__version__,
        "Django": metadata.version("django"),
        "Python": platform.python_version(),
        "rclone": _rclone(),
    }


def _rclone() -> str:
    try:
        return ".".join(str(part) for part in Remote("").version())
    except DjangoRcloneError:
        return "not found"
