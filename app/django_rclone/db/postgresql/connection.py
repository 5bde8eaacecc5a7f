"""Django's settings for PostgreSQL, as libpq's client programs understand them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django_rclone.command import Secret
from django_rclone.exceptions import ConfigurationError

# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS. The others in OPTIONS are for
# Django or psycopg. Programs keep their own application_name and client_encoding.
_KEYWORDS = frozenset(
    [
        "host",
        "hostaddr",
        "port",
        "user",
        "dbname",
        "passfile",
        "require_auth",
        "channel_binding",
        "connect_timeout",
        "options",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "gssencmode",
        "sslmode",
        "sslnegotiation",
        "sslcompression",
        "sslcert",
        "sslkey",
        "sslkeylogfile",
        "sslcertmode",
        "sslrootcert",
        "sslcrl",
        "sslcrldir",
        "sslsni",
        "requirepeer",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "min_protocol_version",
        "max_protocol_version",
        "krbsrvname",
        "gsslib",
        "gssdelegation",
        "service",
        "servicefile",
        "target_session_attrs",
        "load_balance_hosts",
        "oauth_issuer",
        "oauth_client_id",
        "oauth_scope",
    ]
)
# Secrets for which libpq has no variable: as arguments every user of the machine could read them.
_UNSAFE = ("sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
_CONNECT_TIMEOUT = 15
_INHERIT = (
    *("PGSERVICEFILE", "PGSYSCONFDIR", "PGPASSFILE", "PGSSL*", "PGGSS*", "PGKRBSRVNAME"),
    *("PGREQUIREAUTH", "PGREQUIREPEER", "PGCHANNELBINDING", "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS"),
    *("KRB5*", "OPENSSL_CONF"),
)
# The variables from which libpq takes what the settings leave open, for Django too.
_VARIABLES = {"host": ("PGHOST", "PGHOSTADDR"), "port": ("PGPORT",), "user": ("PGUSER",), "service": ("PGSERVICE",)}


@dataclass(frozen=True, slots=True)
class Connection:
    """The address of a database and the credentials for it."""

    parameters: Mapping[str, str]
    """By libpq's keywords."""
    password: Secret | None = None
    role: str = ""
    """The role to assume after connecting (Django's ``assume_role``)."""
    unsafe: tuple[str, ...] = field(default=())
    """Options that cannot be passed without exposing them."""

    @property
    def conninfo(self) -> str:
        """The connection string, without the password. Values are quoted."""
        return " ".join(f"{key}={_quote(value)}" for key, value in self.parameters.items())

    @property
    def env(self) -> dict[str, str | Secret]:
        """The environment of client programs. Messages are in English, since they are parsed."""
        env: dict[str, str | Secret] = {"LC_ALL": "C"}
        if self.password is not None:
            env["PGPASSWORD"] = self.password
        return env

    @property
    def inherit(self) -> tuple[str, ...]:
        """The variables of the current environment that the connection may depend on; not PGOPTIONS and PGDATABASE."""
        names = list(_INHERIT)
        for keyword, variables in _VARIABLES.items():
            if keyword not in self.parameters and not (
                "service" in self.parameters or (keyword == "service" and "host" in self.parameters)
            ):
                names += variables
        if self.password is None and "passfile" not in self.parameters:
            names.append("PGPASSWORD")
        return tuple(names)

    @property
    def location(self) -> str:
        """The database as users recognise it."""
        name = self.parameters.get("dbname")
        if service := self.parameters.get("service"):
            return f"{name} of service {service}" if name else f"service {service}"
        host = self.parameters.get("host") or self.parameters.get("hostaddr")
        if not host:
            return f"{name} on this machine"
        port = self.parameters.get("port", "5432")
        return f"{name} in {host}" if host.startswith("/") else f"{name} on {host}:{port}"

    def to_database(self, database: str) -> Connection:
        """Returns the same connection to another database of the server."""
        return dataclasses.replace(self, parameters={**self.parameters, "dbname": database})

    def with_settings(self, settings: Mapping[str, str]) -> Connection:
        """Returns the same connection with these settings of its sessions, by name."""
        flags = [f"-c {name}={_escape(value)}" for name, value in settings.items()]
        options = " ".join([*filter(None, [self.parameters.get("options")]), *flags])
        return dataclasses.replace(self, parameters={**self.parameters, "options": options}) if flags else self

    def as_user(self, user: str, password: str) -> Connection:
        """Returns the same connection by another user."""
        parameters = {**self.parameters, "user": user}
        return dataclasses.replace(
            self, parameters=parameters, password=Secret(password) if password else None, role=""
        )


def connection(alias: str, settings: Mapping[str, Any]) -> Connection:
    """Returns the connection that Django would make. Raises ConfigurationError when the settings name no database."""
    options = {key: value for key, value in (settings.get("OPTIONS") or {}).items() if value is not None}
    # In Django's order: OPTIONS win over NAME, the other settings over OPTIONS.
    values: dict[str, Any] = {}
    if settings.get("NAME"):
        values["dbname"] = settings["NAME"]
    values.update((key, value) for key, value in options.items() if key in _KEYWORDS)
    for setting, keyword in (("HOST", "host"), ("PORT", "port"), ("USER", "user")):
        if settings.get(setting):
            values[keyword] = settings[setting]
    if not values.get("dbname") and not values.get("service"):
        raise ConfigurationError(f'Database "{alias}": the settings have no NAME. Set it, or OPTIONS["service"].')
    values.setdefault("connect_timeout", _CONNECT_TIMEOUT)
    password = settings.get("PASSWORD") or options.get("password")
    order = ("service", "host", "port", "user", "dbname")
    keys = sorted(values, key=lambda key: (order.index(key) if key in order else len(order), key))
    return Connection(
        parameters={key: _text(values[key]) for key in keys},
        password=Secret(str(password)) if password else None,
        role=str(options.get("assume_role") or ""),
        unsafe=tuple(key for key in _UNSAFE if options.get(key)),
    )


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
