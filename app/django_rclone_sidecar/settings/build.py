"""The sidecar's Django settings, built from the target project and the environment. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings

from django_rclone import display
from django_rclone.exceptions import ConfigurationError
from django_rclone.masking import mask
from django_rclone_sidecar.environment.overrides import DRILL_DATABASE, OVERRIDES, RETENTION
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.history import location
from django_rclone_sidecar.target_project import Target, database_urls

REMOTE = "/backups"
"""The default remote: the folder where the image expects a volume."""

_FILE_STORAGES = (
    "django.core.files.storage.FileSystemStorage",
    "django.core.files.storage.filesystem.FileSystemStorage",
)

# Files named by the project's DJANGO_RCLONE may exist only in the web container: used only if they exist here.
_PATHS = ("RCLONE_BINARY", "RCLONE_CONFIG")


def settings(environment: Environment, target: Target) -> dict[str, Any]:
    """Returns the settings of a Django project with the target's databases and media, and nothing else."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(),
        "INSTALLED_APPS": ["django_rclone", "django_rclone_sidecar.history"],
        "DATABASES": {
            "default": {},  # Django needs this entry; replaced by the target's if it has one
            **{alias: dict(database) for alias, database in target.databases.items()},
            **location.database(environment.get("BACKUP_STATE_DIR")),
        },
        "DATABASE_ROUTERS": [location.ROUTER],
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "LOGGING_CONFIG": None,  # see logs.py
        "MEDIA_ROOT": media_root(environment, target)[0],
        "TIME_ZONE": environment.get("BACKUP_TIME_ZONE") or target.time_zone or "UTC",
        "USE_TZ": True,
        "DJANGO_RCLONE": _django_rclone(environment, target.django_rclone),
    }


def _django_rclone(environment: Environment, project_settings: Mapping[str, Any]) -> dict[str, Any]:
    here = {key: value for key, value in project_settings.items() if key not in _PATHS or Path(str(value)).exists()}
    given: dict[str, Any] = {key: environment.get(name) for name, key in OVERRIDES.items() if environment.is_set(name)}
    rules = {key: environment.get(name) for name, key in RETENTION.items()}
    if retention := {key: value for key, value in rules.items() if value is not None}:
        given["RETENTION"] = retention
    if environment.is_set(DRILL_DATABASE):
        given["DRILL_DATABASE"] = database_urls.parse(DRILL_DATABASE, environment.get(DRILL_DATABASE))
    # The history is not backed up: this silences the check about writers that wait during a backup.
    options = {**here.get("DATABASE_OPTIONS", {}), location.ALIAS: {"SPOOL": True}}
    return {"REMOTE": REMOTE, **here, **given, "DATABASE_OPTIONS": options}


def media_root(environment: Environment, target: Target) -> tuple[str, str]:
    """Returns the folder of the media files, empty if there is none, and a description of its source."""
    if environment.is_set("BACKUP_MEDIA_ROOT"):
        return str(environment.get("BACKUP_MEDIA_ROOT")), "BACKUP_MEDIA_ROOT"
    storage = target.storages.get("default", {})
    backend = storage.get("BACKEND", _FILE_STORAGES[0])
    if backend not in _FILE_STORAGES:
        return "", f"media are stored by {backend}: back them up there, or set BACKUP_MEDIA_ROOT"
    location = storage.get("OPTIONS", {}).get("location") or target.media_root
    return (str(location), "the project's settings") if location else ("", "the project has no MEDIA_ROOT")


def aliases(environment: Environment, target: Target) -> list[str]:
    """Returns the aliases of the databases to back up. Raises ConfigurationError for an unknown alias."""
    selected: tuple[str, ...] = environment.get("BACKUP_DATABASES") or tuple(target.databases)
    return require_known(selected, target, "BACKUP_DATABASES")


def require_known(names: tuple[str, ...] | list[str], target: Target, source: str) -> list[str]:
    """Returns the aliases without duplicates. Raises ConfigurationError for an unknown alias."""
    for alias in names:
        if alias not in target.databases:
            have = ", ".join(sorted(target.databases))
            raise ConfigurationError(f'{source} names the database "{alias}"; the target has: {have}.')
    return list(dict.fromkeys(names))


def project_name(environment: Environment) -> str:
    """Returns the project's name, empty if it has none or its settings could not be read."""
    given = str(environment.get("BACKUP_PROJECT") or "")
    if given or not django_settings.configured:
        return given
    return str(getattr(django_settings, "DJANGO_RCLONE", {}).get("PROJECT") or "")


def describe(database: Mapping[str, Any]) -> str:
    """Returns engine and address of a database: ``postgresql app@db:5432/app``."""
    engine = str(database.get("ENGINE", "")).rpartition(".")[2]
    name = display.one_line(mask(str(database.get("NAME") or "")))
    if engine in ("sqlite3", "spatialite"):
        return f"{engine} {name}"
    user, host, port = (str(database.get(key) or "") for key in ("USER", "HOST", "PORT"))
    if "://" in host:  # MongoDB's is a whole URL
        host, port = host.partition("://")[2].partition("/")[0].rpartition("@")[2], ""
    address = f"{user}{'@' if user else ''}{host}{':' if port else ''}{port}"
    return f"{engine} {display.one_line(address)}/{name}"


def passwords(target: Target, django_rclone: Mapping[str, Any]) -> list[str]:
    """Returns the passwords of the target's databases, and of the one for drills in ``DJANGO_RCLONE``."""
    databases = [*target.databases.values(), django_rclone.get("DRILL_DATABASE") or {}]
    return [str(db[key]) for db in databases for key in ("PASSWORD", "ADMIN_PASSWORD") if db.get(key)]
