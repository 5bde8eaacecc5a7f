"""Asks a server what it is before anybody has logged in: the first packet says so, whatever client would fit."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_TIMEOUT = 15.0
# Where the clients' packages look for a server on this machine: Debian, Red Hat, the macOS packages, Bitnami.
_SOCKETS = (
    *("/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"),  # noqa: S108
    "/opt/bitnami/mysql/tmp/mysql.sock",
)
_PROTOCOL = 10  # https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html


def server_version(parameters: Mapping[str, str]) -> str:
    """Returns the version that the server at this address announces; empty when it does not answer so."""
    with suppress(OSError), _connect(parameters) as connection:
        connection.settimeout(_TIMEOUT)
        return version_in(connection.makefile("rb").read1(1024))
    return ""


def version_in(packet: bytes) -> str:
    """Returns the version in a server's first packet: length (3), number (1), protocol (1), a text up to a NUL."""
    if len(packet) > 5 and packet[4] == _PROTOCOL:
        return packet[5:].partition(b"\0")[0].decode(errors="replace")
    return ""


def _connect(parameters: Mapping[str, str]) -> socket.socket:
    host = parameters.get("host") or "localhost"
    if "socket" in parameters or host == "localhost":
        path = parameters.get("socket") or next((path for path in _SOCKETS if Path(path).exists()), "")
        if path:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(_TIMEOUT)
            connection.connect(path)
            return connection
    return socket.create_connection((host, int(parameters.get("port") or 3306)), _TIMEOUT)
