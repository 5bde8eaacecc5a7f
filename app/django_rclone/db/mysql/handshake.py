"""Reads a server's first packet, which holds its version: before a login, and without a client."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_TIMEOUT = 15.0
# Where the clients' packages look for a server on this machine: Debian, Red Hat, the macOS packages, Bitnami.
_SOCKETS = (
    *("/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"),  # noqa: S108
    "/opt/bitnami/mysql/tmp/mysql.sock",
)
_PROTOCOL = 10  # https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
_CLIENT_SSL = 0x0800


class Greeting(NamedTuple):
    """The contents of a server's first packet."""

    version: str = ""
    """Empty if it did not send such a packet."""
    tls: bool | None = None
    """Whether it offers TLS; None if not known."""


def receive_greeting(parameters: Mapping[str, str]) -> Greeting:
    """Returns the greeting of the server at this address."""
    with suppress(OSError), _connect(parameters) as connection:
        connection.settimeout(_TIMEOUT)
        return parse(connection.makefile("rb").read1(1024))
    return Greeting()


def parse(packet: bytes) -> Greeting:
    """Returns the contents of a server's first packet: length (3), number (1), protocol (1), version up to a NUL,
    thread (4), random bytes (8), a NUL, capabilities (2)."""
    if len(packet) <= 5 or packet[4] != _PROTOCOL:
        return Greeting()
    version, _, rest = packet[5:].partition(b"\0")
    tls = bool(int.from_bytes(rest[13:15], "little") & _CLIENT_SSL) if len(rest) >= 15 else None
    return Greeting(version.decode(errors="replace"), tls)


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
