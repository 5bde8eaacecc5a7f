"""The target: the project that is backed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dj_database_url
from django_rclone.exceptions import ConfigurationError


@dataclass(frozen=True, slots=True)
class Target:
    databases: Mapping[str, Mapping[str, Any]]
    origins: Mapping[str, str]
    media_root: str = ""
    storages: Mapping[str, Any] = field(default_factory=dict)
    time_zone: str = ""
    django_rclone: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def resolve(environ: Mapping[str, str]) -> Target:
    if not environ.get("DATABASE_URL"):
        raise ConfigurationError("There is no target: set TARGET_SETTINGS_MODULE or DATABASE_URL.")
    databases = {}
    origins = {}
    for name, value in environ.items():
        if name == "DATABASE_URL" or name.startswith("DATABASE_URL_"):
            alias = name.removeprefix("DATABASE_URL").removeprefix("_").lower() or "default"
            databases[alias] = dict(dj_database_url.parse(value))
            origins[alias] = name
    return Target(databases, origins)
