"""Connection parameters that a project's own database backend computes: a cloud token, a password from a vault.

Such a backend (django-iam-dbauth, for instance) is one of Django's with its own ``get_connection_params``. The client
programs connect with the values that this method returns, not with the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rclone.exceptions import ConfigurationError

# Key of DATABASES → the names that drivers have for it: psycopg's and libpq's, then mysqlclient's and PyMySQL's.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "NAME": ("dbname", "database", "db"),
    "USER": ("user",),
    "PASSWORD": ("password", "passwd"),
    "HOST": ("host", "unix_socket"),
    "PORT": ("port",),
}
# Options that a backend may add and the clients know. Others are for Python's drivers.
_ADDED = ("sslmode", "sslrootcert", "sslcert", "sslkey", "hostaddr", "ssl")
_VENDORS = ("postgresql", "mysql")


def merged(alias: str, database: Mapping[str, Any], wrapper: Any) -> Mapping[str, Any]:
    """Returns the settings of a database, replaced where its backend (``wrapper``) connects with other values.

    Raises ConfigurationError if the backend fails to compute them.
    """
    method = type(wrapper).get_connection_params
    if wrapper.vendor not in _VENDORS or method.__module__.startswith("django.db."):
        return database
    try:
        params: Mapping[str, Any] = wrapper.get_connection_params()
    except Exception as error:
        engine, kind = database.get("ENGINE"), type(error).__name__
        raise ConfigurationError(
            f'Database "{alias}": the engine {engine} cannot compute its connection parameters ({kind}: {error}). '
            "The project cannot connect either; check its settings and credentials."
        ) from error
    options = database.get("OPTIONS") or {}
    found = {key: _first_value(params, names) for key, names in _NAMES.items()}
    kept = {name: params[name] for name in options if name in params}
    added = {name: params[name] for name in _ADDED if name in params}
    return {**database, **{key: value for key, value in found.items() if value}, "OPTIONS": {**kept, **added}}


def _first_value(params: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(params[name]) for name in names if params.get(name)), "")
