"""Adaptation of a target to this container: available engines, absolute paths, and each database only once."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from typing import Any

from django_rclone.db import registry
from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.target_project.model import Target

# An engine that is not installed here is recognized by its name, because its backend class cannot be imported to read
# its vendor. The first matching pattern applies. GIS engines stay GIS engines: they are dumped differently.
_ENGINE_PATTERNS: Mapping[str, str] = {
    r"postgis": "django.contrib.gis.db.backends.postgis",
    r"postg|psycopg": "django.db.backends.postgresql",
    r"spatialite": "django.contrib.gis.db.backends.spatialite",
    r"sqlite": "django.db.backends.sqlite3",
    r"gis.*mysql": "django.contrib.gis.db.backends.mysql",
    r"mysql|maria": "django.db.backends.mysql",
    r"mongo|djongo": "django_mongodb_backend",
}
_FAMILIES = {"postgis": "postgresql", "spatialite": "sqlite3"}
_DEFAULT_PORTS = {"postgresql": "5432", "mysql": "3306"}


def normalize(target: Target, selected: tuple[str, ...], *, base: str) -> Target:
    """Returns the target with engines of this container, absolute paths and no duplicate databases.

    ``selected`` are the aliases in BACKUP_DATABASES, ``base`` is the project's folder. Raises ConfigurationError.
    """
    notes = list(target.notes)
    mapping = target.django_rclone.get("CONNECTOR_MAPPING") or {}
    connectors = target.django_rclone.get("CONNECTORS") or {}
    databases: dict[str, Mapping[str, Any]] = {}
    for alias, database in target.databases.items():
        engine = str(database.get("ENGINE", ""))
        if engine in registry.NO_ENGINE:  # Django's notation for "no default database"
            continue
        local = engine if alias in connectors else _local_engine(engine, mapping)
        if not local:
            notes.append(
                f'Database "{alias}": the engine "{engine}" is unknown. Name its connector in '
                'DJANGO_RCLONE["CONNECTOR_MAPPING"].'
            )
        name = _absolute_name(alias, {**database, "ENGINE": local or engine}, base, notes)
        databases[alias] = {**database, "ENGINE": local or engine, "NAME": name}
    for alias, reason in _duplicates(databases, selected).items():
        notes.append(f'Database "{alias}" is not backed up separately: {reason}.')
        del databases[alias]
    origins = {alias: target.origins[alias] for alias in databases}
    return dataclasses.replace(target, databases=databases, origins=origins, notes=tuple(dict.fromkeys(notes)))


def _local_engine(engine: str, mapping: Mapping[str, str]) -> str:
    """Returns the engine of this container to use for ``engine``; empty if there is none.

    A known engine, or one with a connector in ``mapping``, is used as it is; others are matched by name.
    """
    if engine in registry.ENGINES or engine in mapping:
        return engine
    return next((local for pattern, local in _ENGINE_PATTERNS.items() if re.search(pattern, engine.lower())), "")


def _absolute_name(alias: str, database: Mapping[str, Any], base: str, notes: list[str]) -> Any:
    """Returns NAME; for a database in a file, as an absolute path. Raises ConfigurationError without a base folder."""
    name = database.get("NAME", "")
    is_file = str(database["ENGINE"]).rpartition(".")[2] in ("sqlite3", "spatialite")
    if not is_file or not name or os.path.isabs(name) or str(name).startswith((":", "file:")):  # noqa: PTH117
        return name
    if not base:
        raise ConfigurationError(
            f'Database "{alias}": "{name}" is a relative path. Write an absolute one, with four slashes: '
            "sqlite:////folder/db.sqlite3."
        )
    notes.append(f'Database "{alias}": NAME "{name}" is a relative path, taken as relative to {base}.')
    return os.path.join(base, name)  # noqa: PTH118 - stays a string


def _duplicates(databases: Mapping[str, Mapping[str, Any]], selected: tuple[str, ...]) -> dict[str, str]:
    """Returns the aliases whose database is backed up under another alias, each with the reason."""
    found: dict[str, str] = {}
    owners: dict[tuple[str, ...], str] = {}
    for alias in sorted(databases, key=lambda alias: (alias not in selected, alias != "default")):
        database = databases[alias]
        mirrored = (database.get("TEST") or {}).get("MIRROR")
        if mirrored in databases and mirrored != alias and alias not in selected:
            found[alias] = f'it mirrors "{mirrored}" (TEST.MIRROR)'
            continue
        owner = owners.setdefault(_identity(database), alias)
        if owner != alias:
            found[alias] = f'it is the same database as "{owner}"'
    return found


def _identity(database: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the settings that are equal for two aliases of one database."""
    options = database.get("OPTIONS") or {}
    engine = str(database.get("ENGINE") or "").rpartition(".")[2]
    family = _FAMILIES.get(engine, engine)
    port = str(database.get("PORT") or _DEFAULT_PORTS.get(family, ""))
    keys = ("HOST", "NAME")
    option_keys = ("service", "host", "port", "dbname", "hostaddr", "unix_socket", "read_default_file")
    return (
        family,
        port,
        *(str(database.get(key) or "") for key in keys),
        *(str(options.get(key) or "") for key in option_keys),
    )
