"""TARGET_JSON_FILE: the output of ``manage.py backuptarget``, run in the target's environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django_rclone import target_json
from django_rclone.exceptions import ConfigurationError

_TYPES: Mapping[str, type] = {
    "databases": dict,
    "media_root": str,
    "storages": dict,
    "time_zone": str,
    "django_rclone": dict,
}


def read(file: str) -> dict[str, Any]:
    """Returns the parsed and checked file. Raises ConfigurationError; messages never show its content."""
    what = f"TARGET_JSON_FILE {file}"
    advice = "Write it with `manage.py backuptarget` in the project's own container."
    try:
        found = json.loads(Path(file).read_text())
    except OSError as error:
        raise ConfigurationError(f"{what} cannot be read: {error.strerror}. {advice}") from error
    except ValueError as error:
        raise ConfigurationError(f"{what} is not valid JSON. {advice}") from error
    if not isinstance(found, dict) or not isinstance(found.get("schema"), int):
        raise ConfigurationError(f"{what} was not written by backuptarget. {advice}")
    if found["schema"] > target_json.SCHEMA:
        raise ConfigurationError(f"{what} was written by a newer django-rclone: use the same version on both sides.")
    for key, type_ in _TYPES.items():
        if not isinstance(found.get(key), type_):
            raise ConfigurationError(f'{what}: "{key}" is missing or has the wrong type. {advice}')
    if not all(isinstance(database, dict) and database.get("ENGINE") for database in found["databases"].values()):
        raise ConfigurationError(f"{what} has a database without ENGINE. {advice}")
    return found
