"""Command lines of our own programs."""

from __future__ import annotations

import sys


def sidecar(*arguments: str) -> tuple[str, ...]:
    """Returns the command line of a sidecar command. -I: variables such as PYTHONPATH have no effect."""
    return module("django_rclone_sidecar", *arguments)


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """Returns the command line that runs a module."""
    return (sys.executable, "-I", "-m", name, *arguments)
