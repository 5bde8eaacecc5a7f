"""The registry of connectors: which connector serves which database."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import connections

from django_rclone import conf, setting_names
from django_rclone.db import connection_params
from django_rclone.db.base import BaseConnector
from django_rclone.db.compat import differences
from django_rclone.exceptions import ConfigurationError

_POSTGRESQL = "django_rclone.db.postgresql.PgDumpConnector"
_POSTGIS = "django_rclone.db.postgresql.PgDumpGisConnector"
_MYSQL = "django_rclone.db.mysql.MysqlDumpConnector"
_SQLITE = "django_rclone.db.sqlite.SqliteConnector"
_MONGODB = "django_rclone.db.mongodb.MongoDumpConnector"

ENGINES: Mapping[str, str] = {
    "django.db.backends.postgresql": _POSTGRESQL,
    "django.db.backends.mysql": _MYSQL,
    "django.db.backends.sqlite3": _SQLITE,
    "django.contrib.gis.db.backends.postgis": _POSTGIS,
    "django.contrib.gis.db.backends.mysql": _MYSQL,
    "django.contrib.gis.db.backends.spatialite": _SQLITE,
    "django_prometheus.db.backends.postgresql": _POSTGRESQL,
    "django_prometheus.db.backends.postgis": _POSTGIS,
    "django_prometheus.db.backends.mysql": _MYSQL,
    "django_prometheus.db.backends.sqlite3": _SQLITE,
    "django_prometheus.db.backends.spatialite": _SQLITE,
    "django_mongodb_backend": _MONGODB,
    # Neither can be installed with a supported Django. 0.4 supported them, and settings may still name them.
    "djongo": _MONGODB,
    "django_mongodb_engine": _MONGODB,
}

# Django's own names for the families of its backends (BaseDatabaseWrapper.vendor).
_VENDORS: Mapping[str, str] = {
    "postgresql": _POSTGRESQL,
    "mysql": _MYSQL,
    "sqlite": _SQLITE,
    "mongodb": _MONGODB,
}


NO_ENGINE = ("", "django.db.backends.dummy")
"""The engines of an empty entry of DATABASES, before and after Django has completed it."""


class OutdatedConnector(ConfigurationError):
    """A connector class written for django-rclone 0.4."""


def aliases() -> list[str]:
    """Returns the aliases in DATABASES whose entries are not empty."""
    return [alias for alias, database in settings.DATABASES.items() if not _is_empty(alias, database)]


def _is_empty(alias: str, database: Mapping[str, Any]) -> bool:
    engine = str(database.get("ENGINE", ""))
    # An alias with a connector may be a database that Django does not support.
    return engine in NO_ENGINE and not (conf.get("CONNECTORS").get(alias) or conf.get("CONNECTOR_MAPPING").get(engine))


def connector(alias: str, *, connects: bool = True) -> BaseConnector:
    """Returns the connector of a database alias. Raises ConfigurationError when there is none.

    With ``connects`` False the backend does not compute its connection parameters, which may request a token.
    """
    if alias not in settings.DATABASES:
        raise ConfigurationError(
            f'Database "{alias}" is not in DATABASES, which has: {", ".join(sorted(settings.DATABASES))}.'
        )
    database: Mapping[str, Any] = settings.DATABASES[alias]
    if _is_empty(alias, database):
        have = ", ".join(sorted(aliases()))
        raise ConfigurationError(f'Database "{alias}" is empty in DATABASES: choose one with --database ({have}).')
    path = connector_path(alias, str(database.get("ENGINE", "")))
    if not path:
        raise ConfigurationError(
            f'Database "{alias}": no connector for the engine {database.get("ENGINE")!r}. {name_a_connector()}'
        )
    options = conf.get("DATABASE_OPTIONS").get(alias, {})
    if connects and (backend := _backend(alias)) is not None:
        database = connection_params.merged(alias, database, backend)
    return load(path)(alias, database, options, conf.compression())


def name_a_connector() -> str:
    """Returns the advice for an engine without a connector."""
    names = setting_names.current()
    return f"Name one in {names.item('CONNECTORS')} or {names.item('CONNECTOR_MAPPING')}."


def connector_path(alias: str, engine: str) -> str:
    """Returns the dotted path of an alias's connector, or an empty string."""
    chosen = conf.get("CONNECTORS").get(alias) or conf.get("CONNECTOR_MAPPING").get(engine) or ENGINES.get(engine)
    return chosen or _VENDORS.get(_vendor(alias), "")


def load(path: str) -> type[BaseConnector]:
    """Returns the connector class at a dotted path. Raises ConfigurationError if there is no such class."""
    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"The connector {path} cannot be imported: {error}.") from error
    if why := differences(found):
        raise OutdatedConnector(
            f"The connector {path} is written for django-rclone 0.4, whose methods started programs ({why}). "
            "Connectors now describe commands and start nothing; see django_rclone.db.base.BaseConnector."
        )
    chosen: type[BaseConnector] = found
    return chosen


def _vendor(alias: str) -> str:
    return str(getattr(_backend(alias), "vendor", ""))


def _backend(alias: str) -> Any:
    try:
        return connections[alias]
    except Exception:  # a backend may fail to import in any way
        return None
