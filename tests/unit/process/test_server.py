"""Programs that answer requests over a socket, by small Python programs."""

from __future__ import annotations

import secrets
import socket
import sys

import pytest

from django_rclone.command import Command, Secret
from django_rclone.exceptions import ProgramFailed, Unavailable
from django_rclone.process.server import Server

pytestmark = pytest.mark.usefixtures("nothing_is_left")

ECHO = """
import os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind("\\0" + sys.argv[1])
server.listen()
print("listening", os.environ["TOKEN"], file=sys.stderr, flush=True)
while True:
    connection, _ = server.accept()
    with connection:
        if data := connection.recv(100):
            print(data.decode(), file=sys.stderr, flush=True)
            connection.sendall(data.upper())
"""


@pytest.fixture
def address() -> str:
    return f"test-{secrets.token_hex(8)}"


def echo(address: str) -> Command:
    return Command((sys.executable, "-c", ECHO, address), env={"TOKEN": Secret("hunter2")})


def test_a_program_is_connected_to_once_it_listens_and_ends_when_it_is_closed(address: str) -> None:
    server = Server(echo(address), address, "listening")
    with server.connect() as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"HELLO"
    server.close()
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_its_log_is_masked_and_can_be_cleared(address: str) -> None:
    server = Server(echo(address), address, "listening")
    assert server.process.stderr == "listening ***\n"
    server.clear_log()
    with server.connect() as connection:
        connection.sendall(b"second")
        assert connection.recv(100)
    assert server.process.stderr == "second\n"
    server.close()


def test_only_the_end_of_a_long_log_is_kept(address: str) -> None:
    script = "import sys; sys.stderr.write('x' * 200000 + '\\nlast line'); sys.exit(3)"
    with pytest.raises(ProgramFailed, match=r"^\S+ ended with exit code 3: last line$"):
        Server(Command((sys.executable, "-c", script)), address, "listening")


def test_another_program_at_the_address_is_not_taken_for_it(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(f"\0{address}")
        other.listen()
        with pytest.raises(Unavailable, match=r"^sh cannot be connected to\.$"):
            Server(Command(("sh", "-c", "echo listening >&2; exec sleep 600")), address, "listening")


def test_a_program_that_says_nothing_and_does_not_listen_is_ended(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_rclone.process.server._START_LIMIT", 0.2)
    with pytest.raises(Unavailable, match=r"^sleep cannot be connected to\.$"):
        Server(Command(("sleep", "600")), address, "listening")


def test_a_child_of_the_program_may_listen(address: str) -> None:
    script = f"{sys.executable} -c '{ECHO}' {address}; exit"
    server = Server(Command(("sh", "-c", script), env={"TOKEN": "x"}), address, "listening")
    with server.connect() as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"HELLO"
    server.close()
