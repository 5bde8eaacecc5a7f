"""The web server with slow, rude and too many clients."""

from __future__ import annotations

import socket
import sqlite3
import time
from contextlib import ExitStack, closing

import pytest

from tests.cli.program import Program
from tests.cli.website import serving
from tests.support.servers.ports import LOOPBACK

HISTORY = "state/history"


HALF = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "

WHOLE = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"

RUDE = {
    "say nothing": b"",
    "send half a head": HALF,
    "send no body": b"GET /status HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n",
    "read nothing": WHOLE % b"/metrics",
    "stay after their answer": WHOLE % b"/readyz",
    "ask for much at once": (WHOLE % b"/status") * 100,
}


@pytest.mark.parametrize("request_sent", RUDE.values(), ids=RUDE)
def test_health_is_answered_at_once_whatever_others_do(observed: Program, request_sent: bytes):
    with serving(observed) as website, ExitStack() as stack:
        for _client in range(60):
            rude = stack.enter_context(socket.create_connection((LOOPBACK, website.port)))
            rude.sendall(request_sent)
        for path in ("/healthz", "/readyz"):
            began = time.monotonic()
            assert website.get(path).text == "ok\n"
            assert time.monotonic() - began < 5


def test_health_is_answered_with_more_connections_than_there_may_be(observed: Program):
    with serving(observed) as website, ExitStack() as stack:
        for _client in range(300):
            stack.enter_context(socket.create_connection((LOOPBACK, website.port))).sendall(HALF)
        assert website.get("/healthz").text == "ok\n"
        assert "Traceback" not in website.log.read_text()


@pytest.mark.exhaustive
def test_half_a_request_has_its_time(observed: Program):
    with serving(observed) as website, socket.create_connection((LOOPBACK, website.port), timeout=30) as rude:
        rude.sendall(HALF)
        assert rude.recv(100) == b""  # closed


def test_health_is_answered_while_every_thread_waits_for_the_history(observed: Program):
    with (
        serving(observed) as website,
        closing(sqlite3.connect(observed.path(HISTORY), isolation_level=None)) as writer,
        ExitStack() as stack,
    ):
        writer.execute("BEGIN EXCLUSIVE")
        for _client in range(20):
            waiting = stack.enter_context(socket.create_connection((LOOPBACK, website.port)))
            waiting.sendall(WHOLE % b"/status")
        began = time.monotonic()
        assert website.get("/healthz").text == "ok\n"
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000, b"431"),
        (b"GET /healthz HTTP/1.0\r\n\r\n", b"200"),
        (b"GET  \r\n\r\n", b"400"),
    ],
)
def test_a_strange_request_gets_one_answer(observed: Program, sent: bytes, status: bytes):
    with serving(observed) as website, socket.create_connection((LOOPBACK, website.port), timeout=10) as client:
        client.sendall(sent)
        answer = b"".join(iter(lambda: client.recv(1000), b""))
        assert answer.split(b" ")[1] == status
        assert answer.count(b"HTTP/1.") == 1
        assert "Traceback" not in website.log.read_text()
