"""The server of a drill's scratch database: the database's own, or the one that DRILL_DATABASE names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django_rclone import conf, setting_names
from django_rclone.db import registry
from django_rclone.db.base import BaseConnector
from django_rclone.exceptions import ConfigurationError


def choose(connector: BaseConnector) -> BaseConnector:
    """Returns the connector of a database on the server of the scratch database.

    DRILL_DATABASE is used for databases of its engine. Raises ConfigurationError if it is the database itself.
    """
    entry: Mapping[str, Any] = conf.get("DRILL_DATABASE")
    if not entry:
        return connector
    setting = setting_names.current().setting("DRILL_DATABASE")
    path = registry.ENGINES.get(str(entry.get("ENGINE", "")))
    if path is None:
        raise ConfigurationError(f"{setting} has the engine {entry.get('ENGINE')!r}, which has no connector.")
    if registry.load(path)(connector.alias, entry).engine != connector.engine:
        return connector
    other = type(connector)(connector.alias, entry, connector.options, connector.compression)
    if problems := other.check():
        raise ConfigurationError(f"{setting}: {' '.join(problems)}")
    if (other.source, other.name) == (connector.source, connector.name):
        raise ConfigurationError(
            f'{setting} is the database "{connector.alias}" itself. Set it to another, empty database for drills, or '
            "do not set it: then drills use a scratch database on the same server."
        )
    return other


def owner(connector: BaseConnector) -> str:
    """Returns eight hexadecimal digits for a database, which are the same in every drill of its backups."""
    return hashlib.sha256("\0".join((connector.engine, connector.source, connector.name)).encode()).hexdigest()[:8]
