"""Description of a project for backups, as plain JSON.

``manage.py backuptarget`` prints it where the project's packages are installed, for a backup container without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from os import PathLike, fspath
from typing import Any

from django.utils.functional import Promise

SCHEMA = 1
DATABASE_KEYS = (
    *("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS", "TEST"),
    *("ADMIN_USER", "ADMIN_PASSWORD"),
    *("CLIENT", "AUTH_SOURCE", "AUTH_MECHANISM", "REPLICASET", "SSL"),
)
"""Keys of a database's settings that connectors use."""


class NotPlain(ValueError):
    """A value that JSON cannot represent."""


def plain(value: Any) -> Any:
    """Returns a value in a form that JSON can represent. Raises NotPlain if there is none."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        # Subclasses, such as Django's safe strings, become instances of their base type.
        return next((kind(value) for kind in (bool, int, float, str) if isinstance(value, kind)), None)
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, PathLike):
        return plain(fspath(value))
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    raise NotPlain(type(value).__name__)


def database(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings of a database that connectors use. Raises NotPlain with the name of the key.

    Omits options that are not plain values: they are for the Python driver, never for a client program.
    """
    found: dict[str, Any] = {}
    for key in DATABASE_KEYS:
        if key not in settings:
            continue
        try:
            if key == "OPTIONS":
                found[key] = _options(settings[key] or {})
            elif key == "TEST":
                mirror = (settings[key] or {}).get("MIRROR")
                found[key] = {"MIRROR": plain(mirror)} if mirror else {}
            else:
                found[key] = plain(settings[key])
        except NotPlain as error:
            raise NotPlain(f"{key} is a {error}, not a plain value") from error
    return found


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in options.items():
        try:
            found[str(key)] = plain(value)
        except NotPlain:
            continue
    return found


def storage(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the backend and location of a storage, as needed to back up its folder. Raises NotPlain."""
    options = settings.get("OPTIONS") or {}
    return {
        "BACKEND": plain(settings.get("BACKEND", "")),
        "OPTIONS": {key: plain(options[key]) for key in ("location", "base_url") if key in options},
    }
