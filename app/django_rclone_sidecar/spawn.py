"""How this program starts itself again, as another process."""

from __future__ import annotations

import sys


def sidecar(*arguments: str) -> tuple[str, ...]:
    """Returns the command line of a command. -I: no variable such as PYTHONPATH decides what runs."""
    return module("django_rclone_sidecar", *arguments)


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """Returns the command line of a module that is run as a program."""
    return (sys.executable, "-I", "-m", name, *arguments)
