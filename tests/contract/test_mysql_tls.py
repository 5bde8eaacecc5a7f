"""MySQL and MariaDB: TLS that was asked for, and a server that has none."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects.mysql import Mysql
from tests.support.servers.ports import LOOPBACK

ASKING: tuple[dict[str, Any], ...] = (
    {"ssl_mode": "REQUIRED"},
    {"ssl-mode": "required"},
    {"ssl": True},
    {"ssl": {"ca": "/nowhere/ca.pem"}},
    {"read_default_file": "my.cnf"},
)


@contextmanager
def without_tls(host: str, port: int) -> Iterator[int]:
    """A way to the server on which it does not offer TLS, as one without it would not; gives its port."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((LOOPBACK, 0)))
        threads = [threading.Thread(target=_serve, args=(listener, host, port))]
        stack.callback(threads[0].join)
        stack.callback(listener.shutdown, socket.SHUT_RDWR)
        threads[0].start()
        yield listener.getsockname()[1]


def _serve(listener: socket.socket, host: str, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, socket.create_connection((host, port)) as server:
                greeting = bytearray(server.recv(4096))
                at = greeting.index(0, 5) + 14  # thread (4), random bytes (8) and a NUL stand before the capabilities
                greeting[at + 1] &= ~0x08
                client.sendall(greeting)
                _exchange(client, server)


def _exchange(client: socket.socket, server: socket.socket) -> None:
    """Hands on what either says until one of them hangs up."""
    other = {client: server, server: client}
    while True:
        for source in select.select([client, server], [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            other[source].sendall(data)


def test_without_tls_nothing_is_said_to_a_server_of_a_role_that_asks_for_it(
    schema: Mysql, local: Storage, tmp_path: Path
):
    schema.fill_simply()
    (tmp_path / "my.cnf").write_text("[client]\nssl-mode = REQUIRED\n")
    server = schema.server
    with without_tls(server.host, server.port) as port:
        there = {**schema.database, "PORT": str(port)}
        for asking in ASKING:
            options = {key: str(tmp_path / value) if value == "my.cnf" else value for key, value in asking.items()}
            done = Project({"default": {**there, "OPTIONS": options}}, local, schema.options).run("dbbackup")
            assert done.code == 2, (asking, done.err)
            assert "require TLS" in done.error
        assert local.files() == []
        if server.flavour == "mariadb":  # MySQL's accounts send no password without TLS
            preferred = {**there, "OPTIONS": {"ssl_mode": "PREFERRED"}}
            Project({"default": preferred}, local, schema.options).ok("dbbackup")


@pytest.mark.exhaustive
def test_a_role_that_asks_for_tls_gets_it(schema: Mysql, local: Storage):
    schema.fill_simply()
    schema.server.query(f"ALTER USER {schema.role} REQUIRE SSL")
    for options in ({"ssl-mode": "REQUIRED"}, {}):
        project = Project({"default": {**schema.database, "OPTIONS": options}}, local, schema.options)
        project.ok("dbbackup")
        schema.lose_words(1)
        project.restore()
        assert len(schema.words()) == 3
    refused = Project({"default": {**schema.database, "OPTIONS": {"ssl_disabled": True}}}, local, schema.options)
    assert refused.run("dbbackup").code == 2
