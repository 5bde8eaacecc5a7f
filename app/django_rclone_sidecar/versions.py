"""The versions of what a run is made of. Imports no Django, so that the answer comes at once."""

from __future__ import annotations

import platform
from importlib import metadata

import django_rclone
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.rclone.remote import Remote


def versions() -> dict[str, str]:
    """Returns the versions of what a run is made of."""
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
