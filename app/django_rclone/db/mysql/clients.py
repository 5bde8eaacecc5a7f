"""Chooses the client programs of MySQL and MariaDB: of the server's flavour, and not older than it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from django_rclone import setting_names
from django_rclone.exceptions import ConfigurationError

if TYPE_CHECKING:
    from django_rclone.db.client_programs import Client

FOLDERS = (
    "/usr/lib/mysql/*/bin",
    "/usr/lib/mariadb/*/bin",
    "/usr/local/mysql*/bin",  # Oracle's archives and packages for macOS
    "/usr/local/mariadb*/bin",
    "/opt/mysql*/bin",
    "/opt/mariadb*/bin",
    "/opt/bitnami/mysql/bin",
    "/opt/bitnami/mariadb/bin",
    "/opt/homebrew/opt/mysql*/bin",
    "/opt/homebrew/opt/mariadb*/bin",
    "/usr/local/opt/mysql*/bin",
    "/usr/local/opt/mariadb*/bin",
    "/home/linuxbrew/.linuxbrew/opt/mysql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/mariadb*/bin",
)
TITLES = {"mysql": "MySQL", "mariadb": "MariaDB"}
INSTALL = {
    "mysql": "Install MySQL's own clients (mysql and mysqldump, from the package mysql-client or from mysql.com)",
    "mariadb": "Install MariaDB's clients (mariadb and mariadb-dump, from the package mariadb-client)",
}
# MariaDB's clients have their own names since 10.5; the old names may be links to them, or MySQL's clients.
_PROGRAMS = {"mariadb": "mariadb-dump", "mysql": "mysqldump"}
# "mysql  Ver 9.7.4 for Linux", "mysql  Ver 14.14 Distrib 5.7.44, for Linux", "mysql  Ver 15.1 Distrib 10.4.34-MariaDB",
# "mariadb from 11.8.6-MariaDB, client 15.2 for debian-linux-gnu".
_VERSIONS = [re.compile(rf"\b{word} (\d+(?:\.\d+)+)") for word in ("(?:Distrib|from)", "Ver")]


class Clients(NamedTuple):
    """A client and a dump program of one flavour and version."""

    flavour: str
    version: str
    client: str
    dumper: str

    @property
    def dumper_name(self) -> str:
        """The dump program and its version, as manifests carry them."""
        return f"{self.dumper.rpartition('/')[2]} {self.version}"


def flavour_of(version: str) -> str:
    """Returns ``mysql`` or ``mariadb`` for the version string of a server or a program."""
    return "mariadb" if "mariadb" in version.lower() else "mysql"


def numbers(version: str) -> tuple[int, ...]:
    """Returns a version's leading numbers. MariaDB 10 may prefix its version with 5.5.5-, for old replicas."""
    return tuple(int(part) for part in re.findall(r"\d+", version.removeprefix("5.5.5-").partition("-")[0])[:3])


def available(binary_dir: str) -> list[Clients]:
    """Returns the clients that are installed with the dump program, the newest first."""
    from django_rclone.db import client_programs  # noqa: PLC0415 - helper programs need only the names of flavours

    found: dict[tuple[str, str], Clients] = {}
    for name, dumper in _PROGRAMS.items():
        for client in client_programs.find(name, binary_dir, FOLDERS):
            programs = _parse_client(client, dumper)
            if programs and client.has(dumper):
                found.setdefault((programs.flavour, programs.version), programs)
    return sorted(found.values(), key=lambda programs: numbers(programs.version), reverse=True)


def _parse_client(client: Client, dumper: str) -> Clients | None:
    output = client.version_output.replace(client.path, "")
    version = next((match[1] for pattern in _VERSIONS if (match := pattern.search(output))), "")
    return Clients(flavour_of(output), version, client.path, client.companion(dumper)) if version else None


def newest_clients(alias: str, binary_dir: str) -> list[Clients]:
    """Returns the newest clients of each installed flavour. Raises ConfigurationError when there are none."""
    newest: dict[str, Clients] = {}
    for programs in available(binary_dir):
        newest.setdefault(programs.flavour, programs)
    if newest:
        return list(newest.values())
    where = f"in BINARY_DIR ({binary_dir})" if binary_dir else "on this machine"
    found = setting_names.current().find_program("BINARY_DIR")
    raise ConfigurationError(
        f'Database "{alias}": mysql and mysqldump, or mariadb and mariadb-dump, were not found {where}. Install the '
        f"client programs of the server's flavour (mysql-client or mariadb-client), or {found}."
    )


def for_server(alias: str, binary_dir: str, flavour: str, version: str) -> Clients:
    """Returns the clients of the server's version, or the next newer ones, of its flavour.

    Raises ConfigurationError if only those of the other flavour, or older ones, are installed.
    """
    installed = newest_clients(alias, binary_dir)
    fitting = [programs for programs in available(binary_dir) if programs.flavour == flavour]
    server = numbers(version)
    if not fitting:
        raise ConfigurationError(
            f'Database "{alias}": {wrong_flavour(version, [found.flavour for found in installed])}'
        )
    if numbers(fitting[0].version)[0] < server[0]:
        raise ConfigurationError(
            f'Database "{alias}": {fitting[0].dumper_name} is older than the server ({_short(server)}). '
            f"{INSTALL[flavour]} of version {server[0]}, or {setting_names.current().find_program('BINARY_DIR')}."
        )
    not_older = [programs for programs in fitting if numbers(programs.version)[:2] >= server[:2]]
    return not_older[-1] if not_older else fitting[0]


def wrong_flavour(version: str, installed: Sequence[str]) -> str:
    """Returns the error message for clients that are all of another flavour than the server."""
    flavour = flavour_of(version)
    theirs = " and ".join(f"{TITLES[other]}'s" for other in installed)
    return (
        f"the server is {TITLES[flavour]} {_short(numbers(version))}, and the clients here are {theirs}, which are not "
        f"reliable with it. {INSTALL[flavour]}, or {setting_names.current().find_program('BINARY_DIR')}."
    )


def _short(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
