"""Django's settings for MongoDB, as one URI that the database tools and pymongo both understand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from django_rclone.command import Secret
from django_rclone.exceptions import ConfigurationError

# https://www.mongodb.com/docs/manual/reference/connection-string-options/: those for address and authentication. The
# others in OPTIONS (pool sizes, read preferences, codecs) are for the application: a backup reads the primary.
_KEYWORDS = (
    *("authSource", "authMechanism", "authMechanismProperties", "replicaSet", "directConnection", "loadBalanced"),
    *("tls", "tlsCAFile", "tlsCertificateKeyFile", "tlsCertificateKeyFilePassword", "tlsInsecure"),
    *("tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames", "tlsDisableOCSPEndpointCheck"),
    *("connectTimeoutMS", "serverSelectionTimeoutMS", "srvServiceName", "srvMaxHosts", "compressors"),
)
_CANONICAL = {
    **{keyword.lower(): keyword for keyword in _KEYWORDS},
    # Their names in pymongo 3, and so in djongo.
    "ssl": "tls",
    "ssl_ca_certs": "tlsCAFile",
    "ssl_pem_passphrase": "tlsCertificateKeyFilePassword",
}
_SECRETS = ("tlsCertificateKeyFilePassword", "authMechanismProperties")
# Keys next to HOST and PORT that djongo and django-rclone 0.4 know.
_SETTINGS = {"AUTH_SOURCE": "authSource", "AUTH_MECHANISM": "authMechanism", "REPLICASET": "replicaSet", "SSL": "tls"}
# Mechanisms that authenticate outside the database: for these the tools and pymongo choose the source.
_EXTERNAL = ("GSSAPI", "MONGODB-X509", "MONGODB-AWS", "MONGODB-OIDC", "PLAIN")
# MongoDB Compass and the shell write this into URIs. It is the default, and the tools do not know it.
_DEFAULT_MECHANISM = ("authMechanism", "DEFAULT")
_SCHEMES = ("mongodb://", "mongodb+srv://")
_SELECTION_TIMEOUT = "serverSelectionTimeoutMS"
_TIMEOUTS = (_SELECTION_TIMEOUT, "connectTimeoutMS")
_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Connection:
    """The address of a database and the credentials for it."""

    database: str
    hosts: str
    """``host:port``, several separated by commas; sockets escaped as in URIs."""
    scheme: str = _SCHEMES[0]
    user: str = ""
    password: Secret | None = None
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def uri(self) -> Secret:
        """The URI for pymongo, without the database, which our programs take as an argument."""
        return Secret(self._uri({_SELECTION_TIMEOUT: f"{self.selection_timeout}000", **self.options}, secrets=True))

    @property
    def selection_timeout(self) -> int:
        """Seconds until a server that does not answer counts as unreachable."""
        milliseconds = self.options.get(_SELECTION_TIMEOUT, "")
        return max(1, int(milliseconds) // 1000) if milliseconds.isdigit() else _SECONDS

    @property
    def config(self) -> Secret:
        """The file that the tools read with ``--config``: YAML, of which JSON text is a part."""
        options = self._tool_options
        # The tools' driver has one option for both, and ignores those that it does not know.
        either = [options.pop(key, "") for key in ("tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames")]
        if "true" in either:
            options["tlsInsecure"] = "true"
        return Secret(f"uri: {json.dumps(self._uri(options, secrets=True))}\n")

    @property
    def uri_without_password(self) -> str:
        """The URI for command lines that users run: the tools ask for the password."""
        return self._uri(self._tool_options, secrets=False)

    @property
    def _tool_options(self) -> dict[str, str]:
        # The tools take the timeout only as an argument: with it in their URI they wait forever.
        return {key: value for key, value in self.options.items() if key not in _TIMEOUTS}

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets inside ``uri`` and ``config``, plain and as they are escaped there."""
        values = [self.options[key] for key in _SECRETS if key in self.options]
        values += [self.password.value] if self.password is not None else []
        return tuple(Secret(form) for value in values for form in dict.fromkeys((value, _escape(value))))

    @property
    def location(self) -> str:
        """The database as users recognise it."""
        return f"{self.database} on {unquote(self.hosts)}"

    def to_database(self, database: str) -> Connection:
        """Returns the same connection, for another database of the server."""
        return Connection(database, self.hosts, self.scheme, self.user, self.password, self.options)

    def _uri(self, options: Mapping[str, str], *, secrets: bool) -> str:
        user = _escape(self.user) if self.user else ""
        if secrets and self.password is not None:
            user += f":{_escape(self.password.value)}"
        shown = {key: value for key, value in options.items() if secrets or key not in _SECRETS}
        query = "&".join(f"{key}={_escape(value)}" for key, value in shown.items())
        return f"{self.scheme}{user + '@' if user else ''}{self.hosts}/{'?' + query if query else ''}"


def connection(alias: str, settings: Mapping[str, Any]) -> Connection:
    """Returns the connection that Django would make. Raises ConfigurationError when the settings name no database."""
    client = {key: value for key, value in (settings.get("CLIENT") or {}).items() if value is not None}  # djongo
    host = client.get("host") or settings.get("HOST") or "localhost"
    port = client.get("port") or settings.get("PORT") or 27017
    try:
        found = _parse(host) if _is_uri(host) else _Address(hosts=_hosts(host, port))
    except ValueError:
        raise ConfigurationError(
            f'Database "{alias}": HOST is not a valid MongoDB URI. Write mongodb://host:port/name, with '
            "special characters in user and password percent-encoded."
        ) from None
    given = {setting: settings[key] for key, setting in _SETTINGS.items() if settings.get(key)}
    options = {**found.options, **_known(given), **_known(settings.get("OPTIONS") or {}), **_known(client)}
    database = str(settings.get("NAME") or client.get("name") or found.database)
    if not database:
        raise ConfigurationError(f'Database "{alias}": the settings have no NAME. Set it.')
    user = str(client.get("username") or settings.get("USER") or _option(settings, "username") or found.user)
    password = client.get("password") or settings.get("PASSWORD") or _option(settings, "password") or found.password
    if user and found.scheme == _SCHEMES[0] and options.get("authMechanism") not in _EXTERNAL:
        # The default of pymongo; mongodump's is the database itself.
        options.setdefault("authSource", found.database or "admin")
    return Connection(
        database=database,
        hosts=found.hosts,
        scheme=found.scheme,
        user=user,
        password=Secret(str(password)) if password else None,
        options=options,
    )


@dataclass(frozen=True, slots=True)
class _Address:
    """The parts of a URI."""

    hosts: str
    scheme: str = _SCHEMES[0]
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


def _is_uri(host: Any) -> bool:
    return isinstance(host, str) and host.startswith(_SCHEMES)


def _parse(uri: str) -> _Address:
    scheme = next(scheme for scheme in _SCHEMES if uri.startswith(scheme))
    rest, _, query = uri.removeprefix(scheme).partition("?")
    login, at, address = rest.rpartition("@")
    hosts, _, database = address.partition("/")
    user, _, password = login.partition(":")
    if not hosts or (at and not user) or any(character in login for character in "/@"):
        raise ValueError("no hosts, or characters that should have been escaped")
    pairs = (pair.partition("=") for pair in query.replace(";", "&").split("&") if pair)
    options = _known({key: unquote(value) for key, _, value in pairs})
    return _Address(hosts, scheme, unquote(user), unquote(password), unquote(database), options)


def _hosts(host: Any, port: Any) -> str:
    """Returns one or several hosts, each with its port."""
    entries = [str(entry) for entry in host] if isinstance(host, list | tuple) else str(host).split(",")
    return ",".join(_host(entry.strip(), port) for entry in entries)


def _host(entry: str, port: Any) -> str:
    if entry.startswith("/"):
        return quote(entry, safe="")  # a socket
    if entry.count(":") > 1 and not entry.startswith("["):
        entry = f"[{entry}]"  # an IPv6 address without a port
    return entry if ":" in entry.rpartition("]")[2] else f"{entry}:{port}"


def _known(options: Mapping[str, Any]) -> dict[str, str]:
    """Returns the options that a backup needs, under their names in URIs."""
    found = {}
    for key, value in options.items():
        canonical = _CANONICAL.get(str(key).lower())
        if canonical and value is not None and value != "" and (canonical, str(value).upper()) != _DEFAULT_MECHANISM:
            found[canonical] = _text(value)
    return found


def _option(settings: Mapping[str, Any], name: str) -> Any:
    return (settings.get("OPTIONS") or {}).get(name)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{_text(part)}" for key, part in value.items())
    return ",".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)


def _escape(value: str) -> str:
    return quote(value, safe="")
