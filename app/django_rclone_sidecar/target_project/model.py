"""The target: the project to back up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """Settings of the project to back up. None of them is guessed."""

    databases: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """Alias → Django's settings for the database."""
    origins: Mapping[str, str]
    """Alias → description of where its settings come from."""
    media_root: str = ""
    storages: Mapping[str, Any] = field(default_factory=dict)
    """``{}`` or ``{"default": {"BACKEND": …, "OPTIONS": {…}}}``."""
    time_zone: str = ""
    """Empty if the project sets none."""
    django_rclone: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    """Warnings for the user."""
