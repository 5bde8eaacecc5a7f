"""Values in ``DJANGO_RCLONE``: read from Django's settings at each access, never at import."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from django_rclone import folder_overlap, setting_names, streams
from django_rclone.conf.table import SETTINGS
from django_rclone.exceptions import ConfigurationError
from django_rclone.layout import object_paths
from django_rclone.process.limits import Limits
from django_rclone.setting_names import Key


def configured() -> Mapping[str, Any]:
    """Returns the project's ``DJANGO_RCLONE`` unchanged. Raises ConfigurationError if it is not a dictionary."""
    value = getattr(settings, "DJANGO_RCLONE", {})
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{setting_names.current().dictionary} must be a dictionary.")
    return value


def unknown_keys() -> dict[str, str]:
    """Returns the unknown keys, each with the most similar known key, or an empty string."""
    return {
        str(key): next(iter(difflib.get_close_matches(str(key).upper(), SETTINGS, n=1)), "")
        for key in configured()
        if key not in SETTINGS
    }


def problem(name: Key) -> str:
    """Returns the problem of a setting's value, as a clause that follows its name; an empty string if it is valid."""
    return SETTINGS[name].problem(configured().get(name, SETTINGS[name].default))


def get(name: Key) -> Any:
    """Returns a setting's value, or its default. Raises ConfigurationError if the value is invalid."""
    if wrong := problem(name):
        raise ConfigurationError(f"{setting_names.current().item(name)} {wrong}.")
    return configured().get(name, SETTINGS[name].default)


def overlap() -> str:
    """Returns a sentence if the folders of databases and media files overlap; otherwise an empty string."""
    return folder_overlap.of_backup_folders(get("DB_BACKUP_DIR"), get("MEDIA_BACKUP_DIR"), get("PROJECT"))


def compression() -> tuple[str, int]:
    """Returns the method and level of compression."""
    value = get("COMPRESSION")
    method = value if isinstance(value, str) else value["METHOD"]
    level = None if isinstance(value, str) else value.get("LEVEL")
    return method, streams.DEFAULT_LEVEL[method] if level is None else level


def limits() -> Limits:
    """Returns the time limit and the stall limit of a stream."""
    return Limits(timeout=get("TIMEOUT"), stall=get("STALL_TIMEOUT"))


def names() -> object_paths.Scheme:
    """Returns the naming scheme of objects."""
    return object_paths.Scheme(
        folder=get("DB_BACKUP_DIR").strip("/"),
        template=get("DB_FILENAME_TEMPLATE"),
        date_format=get("DB_DATE_FORMAT"),
        media=get("MEDIA_BACKUP_DIR").strip("/"),
    )
