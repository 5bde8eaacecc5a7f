"""The target: the project that is backed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """What is known of the project that is backed up. Nothing in it is a guess."""

    databases: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """Alias → Django's settings for the database."""
    origins: Mapping[str, str]
    """Alias → in words, where that comes from."""
    media_root: str = ""
    storages: Mapping[str, Any] = field(default_factory=dict)
    """``{}`` or ``{"default": {"BACKEND": …, "OPTIONS": {…}}}``."""
    time_zone: str = ""
    """Empty where the project says none."""
    django_rclone: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    """What people should know: shown as warnings."""
