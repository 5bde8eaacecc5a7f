"""Makes a target fit this container: engines by name, absolute paths, and no database twice."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from django_rclone.db import registry
from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.target_project import engines
from django_rclone_sidecar.target_project.model import Target

_FAMILIES = {"postgis": "postgresql", "spatialite": "sqlite3"}
_PORTS = {"postgresql": "5432", "mysql": "3306"}


def tidy(target: Target, selected: tuple[str, ...], *, base: str) -> Target:
    """Returns the target with only databases that are one of their own. ``base`` is the project's folder."""
    notes = list(target.notes)
    mapping = target.django_rclone.get("CONNECTOR_MAPPING") or {}
    connectors = target.django_rclone.get("CONNECTORS") or {}
    databases: dict[str, Mapping[str, Any]] = {}
    for alias, database in target.databases.items():
        engine = str(database.get("ENGINE", ""))
        if engine in registry.NO_ENGINE:  # Django's own form where no database is the default one
            continue
        ours = engine if alias in connectors else engines.here(engine, mapping)
        if not ours:
            notes.append(
                f'Database "{alias}": the engine "{engine}" is not known here. Name its connector in '
                'DJANGO_RCLONE["CONNECTOR_MAPPING"].'
            )
        name = _located(alias, {**database, "ENGINE": ours or engine}, base, notes)
        databases[alias] = {**database, "ENGINE": ours or engine, "NAME": name}
    for alias, why in _twins(databases, selected).items():
        notes.append(f'Database "{alias}" is not backed up by itself: {why}.')
        del databases[alias]
    origins = {alias: target.origins[alias] for alias in databases}
    return dataclasses.replace(target, databases=databases, origins=origins, notes=tuple(dict.fromkeys(notes)))


def _located(alias: str, database: Mapping[str, Any], base: str, notes: list[str]) -> Any:
    name = database.get("NAME", "")
    is_file = str(database["ENGINE"]).rpartition(".")[2] in ("sqlite3", "spatialite")
    if not is_file or not name or os.path.isabs(name) or str(name).startswith((":", "file:")):  # noqa: PTH117
        return name
    if not base:
        raise ConfigurationError(
            f'Database "{alias}": "{name}" is relative, and nobody says to what. Write an absolute path, with four '
            "slashes: sqlite:////folder/db.sqlite3."
        )
    notes.append(f'Database "{alias}": NAME is "{name}", which is taken to be below {base}.')
    return os.path.join(base, name)  # noqa: PTH118 - a text, and it shall stay one


def _twins(databases: Mapping[str, Mapping[str, Any]], selected: tuple[str, ...]) -> dict[str, str]:
    """Returns the aliases of databases that another alias stands for, each with the reason."""
    found: dict[str, str] = {}
    owners: dict[tuple[str, ...], str] = {}
    for alias in sorted(databases, key=lambda alias: (alias not in selected, alias != "default")):
        database = databases[alias]
        mirrored = (database.get("TEST") or {}).get("MIRROR")
        if mirrored in databases and mirrored != alias and alias not in selected:
            found[alias] = f'it mirrors "{mirrored}" (TEST.MIRROR)'
            continue
        owner = owners.setdefault(_place(database), alias)
        if owner != alias:
            found[alias] = f'it is the same database as "{owner}"'
    return found


def _place(database: Mapping[str, Any]) -> tuple[str, ...]:
    options = database.get("OPTIONS") or {}
    engine = str(database.get("ENGINE") or "").rpartition(".")[2]
    family = _FAMILIES.get(engine, engine)
    port = str(database.get("PORT") or _PORTS.get(family, ""))
    keys = ("HOST", "NAME")
    asked = ("service", "host", "port", "dbname", "hostaddr", "unix_socket", "read_default_file")
    return (
        family,
        port,
        *(str(database.get(key) or "") for key in keys),
        *(str(options.get(key) or "") for key in asked),
    )
