"""The answer that ``manage.py backuptarget`` printed in the target's own environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django_rclone import target_json
from django_rclone.exceptions import ConfigurationError

_FORMS: Mapping[str, type] = {
    "databases": dict,
    "media_root": str,
    "storages": dict,
    "time_zone": str,
    "django_rclone": dict,
}


def read(file: str) -> dict[str, Any]:
    """Returns the answer in a file. Raises ConfigurationError; what is in the file is never shown."""
    what = f"TARGET_JSON_FILE {file}"
    again = "Write it with `manage.py backuptarget` in the project's own container."
    try:
        found = json.loads(Path(file).read_text())
    except OSError as error:
        raise ConfigurationError(f"{what} cannot be read: {error.strerror}. {again}") from error
    except ValueError as error:
        raise ConfigurationError(f"{what} holds no JSON. {again}") from error
    if not isinstance(found, dict) or not isinstance(found.get("schema"), int):
        raise ConfigurationError(f"{what} is not an answer of backuptarget. {again}")
    if found["schema"] > target_json.SCHEMA:
        raise ConfigurationError(f"{what} was written by a newer django-rclone: use the same version on both sides.")
    for key, form in _FORMS.items():
        if not isinstance(found.get(key), form):
            raise ConfigurationError(f'{what} has no proper "{key}". {again}')
    if not all(isinstance(database, dict) and database.get("ENGINE") for database in found["databases"].values()):
        raise ConfigurationError(f"{what} has a database without ENGINE. {again}")
    return found
