"""``version``: what is here. Imports no Django, so that the answer comes at once."""

from __future__ import annotations

import json
import platform
from argparse import ArgumentParser
from importlib import metadata

import django_rclone
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.rclone.remote import Remote


def parser() -> ArgumentParser:
    """Returns what reads the verb's arguments."""
    made = ArgumentParser("django-rclone version", description="Prints the versions.", allow_abbrev=False)
    made.add_argument("--json", action="store_true", help="Print one JSON object.")
    return made


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    found = versions()
    print(json.dumps(found, indent=2) if options.json else "\n".join(f"{name} {text}" for name, text in found.items()))
    return 0


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
