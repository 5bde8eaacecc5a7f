"""Glob patterns in rclone's filters."""

from __future__ import annotations

import re


def literal(name: str) -> str:
    """Returns the glob pattern that matches only this file name. Source: rclone.org/filtering/#pattern-syntax."""
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", name)
