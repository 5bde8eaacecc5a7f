"""Django's settings for MySQL and MariaDB, as an option file that their client programs read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django_rclone.command import Secret
from django_rclone.db.mysql import tls as mysql_tls
from django_rclone.db.mysql.option_file import OWN_GROUP, quote_option, read_options
from django_rclone.exceptions import ConfigurationError

CONNECT_TIMEOUT = 15
# The options of a read_default_file that concern the connection. Others are ignored.
_FROM_FILE = frozenset(
    [
        *("host", "port", "user", "password", "socket", "database", "bind-address", "plugin-dir", "default-auth"),
        *("ssl", "ssl-mode", "ssl-ca", "ssl-capath", "ssl-cert", "ssl-key", "ssl-cipher", "ssl-crl", "ssl-crlpath"),
        *("skip-ssl", "disable-ssl", "enable-ssl", "ssl-verify-server-cert", "tls-version"),
        *("get-server-public-key", "server-public-key-path", "enable-cleartext-plugin"),
    ]
)


@dataclass(frozen=True, slots=True)
class Connection:
    """The address of a schema and the credentials for it."""

    database: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """By their names in option files, without password and TLS."""
    tls: Mapping[str, str] = field(default_factory=dict)
    """By their names for MySQL's clients."""
    password: str = field(default="", repr=False)

    def option_file(self, flavour: str) -> Secret:
        """Returns the option file for a client of this flavour."""
        lines = dict(self.parameters)
        if self.password:
            lines["password"] = self.password
        lines |= mysql_tls.for_mariadb(self.tls) if flavour == "mariadb" else self.tls
        text = "".join(f"{name}={quote_option(value)}\n" for name, value in lines.items())
        own = f"require-tls={int(self.requires_tls)}"
        # The dump programs do not know "connect-timeout".
        return Secret(f"[client]\n{text}[mysql]\nconnect-timeout={CONNECT_TIMEOUT}\n[{OWN_GROUP}]\n{own}\n")

    @property
    def requires_tls(self) -> bool:
        """Whether connections without TLS are refused."""
        return self.tls.get("ssl-mode", "") in mysql_tls.REQUIRED

    @property
    def location(self) -> str:
        """The schema as users recognise it."""
        if socket := self.parameters.get("socket"):
            return f"{self.database} in {socket}"
        host = self.parameters.get("host")
        return f"{self.database} on {host}:{self.parameters.get('port', '3306')}" if host else f"{self.database} here"

    def to_database(self, database: str) -> Connection:
        """Returns the same connection to another schema of the server."""
        return dataclasses.replace(self, database=database)


def connection(alias: str, settings: Mapping[str, Any]) -> Connection:
    """Returns the connection that Django would make. Raises ConfigurationError when the settings name no schema."""
    options = {key: value for key, value in (settings.get("OPTIONS") or {}).items() if value is not None}
    found = _from_file(alias, options)
    # In Django's order: OPTIONS win over the settings, and both over a file.
    host = str(settings.get("HOST") or "")
    given = {
        "host": "" if host.startswith("/") else host,
        "socket": host if host.startswith("/") else "",
        "port": settings.get("PORT"),
        "user": settings.get("USER"),
        "password": settings.get("PASSWORD"),
        "database": settings.get("NAME"),
    }
    renamed = {"unix_socket": "socket", "passwd": "password", "db": "database"}
    names = (*given, *renamed)
    given |= {renamed.get(key, key): value for key, value in options.items() if key in names}
    found |= {key: str(value) for key, value in given.items() if value}
    if given["host"] and not given["socket"]:
        found.pop("socket", None)
    database = found.pop("database", "")
    if not database:
        raise ConfigurationError(f'Database "{alias}": the settings have no NAME. Set it.')
    password = found.pop("password", "")
    from_file = {key: found.pop(key) for key in list(found) if "ssl" in key or key.startswith("tls")}
    try:
        tls = {**mysql_tls.of_file(from_file), **mysql_tls.of_settings(options)}
    except ValueError as error:
        raise ConfigurationError(f'Database "{alias}": {error}.') from error
    return Connection(database, found, tls, password)


def _from_file(alias: str, options: Mapping[str, Any]) -> dict[str, str]:
    path = options.get("read_default_file")
    if not path:
        return {}
    groups = ("client", str(options.get("read_default_group") or "client"))
    try:
        read = read_options(Path(str(path)).expanduser(), groups)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f'Database "{alias}": read_default_file {path} cannot be read: {reason}.') from error
    return {key: value for key, value in read.items() if key in _FROM_FILE}
