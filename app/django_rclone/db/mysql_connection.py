"""Django's settings for MySQL and MariaDB, as an option file that their client programs read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django_rclone.command import Secret
from django_rclone.db.mysql_option_file import quote_option, read_options
from django_rclone.exceptions import ConfigurationError

CONNECT_TIMEOUT = 15
# What Django hands to the driver, and what both flavours' clients call it.
_SSL = {"ca": "ssl-ca", "capath": "ssl-capath", "cert": "ssl-cert", "key": "ssl-key", "cipher": "ssl-cipher"}
# The options of a read_default_file that say how to connect. All others are for programs that they were written for.
_FROM_FILE = frozenset(
    [
        *("host", "port", "user", "password", "socket", "database", "bind-address", "plugin-dir", "default-auth"),
        *("ssl", "ssl-mode", "ssl-ca", "ssl-capath", "ssl-cert", "ssl-key", "ssl-cipher", "ssl-crl", "ssl-crlpath"),
        *("ssl-verify-server-cert", "tls-version", "get-server-public-key", "server-public-key-path"),
        *("enable-cleartext-plugin",),
    ]
)


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a schema is and who we are there."""

    database: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """By the names that option files have for them, without password and TLS."""
    tls: Mapping[str, str] = field(default_factory=dict)
    password: str = field(default="", repr=False)

    def option_file(self, flavour: str) -> Secret:
        """Returns the option file that tells a client of this flavour everything."""
        lines = dict(self.parameters)
        if self.password:
            lines["password"] = self.password
        lines |= _tls_of_mariadb(self.tls) if flavour == "mariadb" else self.tls
        text = "".join(f"{name}={quote_option(value)}\n" for name, value in lines.items())
        # A word that the dump programs do not know.
        return Secret(f"[client]\n{text}[mysql]\nconnect-timeout={CONNECT_TIMEOUT}\n")

    @property
    def place(self) -> str:
        """The schema in words that people recognise."""
        if socket := self.parameters.get("socket"):
            return f"{self.database} in {socket}"
        host = self.parameters.get("host")
        return f"{self.database} on {host}:{self.parameters.get('port', '3306')}" if host else f"{self.database} here"

    def to(self, database: str) -> Connection:
        """Returns the same connection to another schema of the server."""
        return dataclasses.replace(self, database=database)


def connection(alias: str, settings: Mapping[str, Any]) -> Connection:
    """Returns the connection that Django would make. Raises ConfigurationError when the settings name no schema."""
    options = {key: value for key, value in (settings.get("OPTIONS") or {}).items() if value is not None}
    found = _from_file(alias, options)
    # In Django's order: the settings, then OPTIONS, which win; a file speaks only where both are silent.
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
        raise ConfigurationError(f'Database "{alias}": the settings have no NAME.')
    password = found.pop("password", "")
    tls = {key: found.pop(key) for key in list(found) if key.startswith(("ssl", "tls"))}
    return Connection(database, found, {**tls, **_tls_of(options)}, password)


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


def _tls_of(options: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    ssl = options.get("ssl")
    if isinstance(ssl, Mapping):
        found |= {_SSL[key]: str(value) for key, value in ssl.items() if key in _SSL and value}
    for key, name in _SSL.items():  # PyMySQL's spelling
        if value := options.get(f"ssl_{key}"):
            found[name] = str(value)
    if mode := options.get("ssl_mode"):
        found["ssl-mode"] = str(mode).upper()
    elif options.get("ssl_verify_identity"):
        found["ssl-mode"] = "VERIFY_IDENTITY"
    return found


def _tls_of_mariadb(tls: Mapping[str, str]) -> dict[str, str]:
    """Says the same to MariaDB's clients, which have no ssl-mode. From 11.4 on they want a certificate that they can
    verify unless told otherwise; drivers, and MySQL's clients, take TLS as they find it."""
    known = {key: value for key, value in tls.items() if key not in ("ssl-mode", "ssl-verify-server-cert")}
    mode = tls.get("ssl-mode", "").upper()
    if mode == "DISABLED":
        return {**known, "ssl": "0", "ssl-verify-server-cert": "0"}
    verify = mode.startswith("VERIFY") or tls.get("ssl-verify-server-cert", "0") not in ("0", "false", "off")
    return {**known, **({"ssl": "1"} if mode else {}), "ssl-verify-server-cert": str(int(verify))}
