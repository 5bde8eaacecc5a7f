"""An HTTP server that keeps what it is sent: for webhooks, notifications and heartbeats."""

import json
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.servers.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Request:
    """One request that arrived."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Webhook:
    """A running server."""

    url: str
    """Address that it listens on, without a slash at the end; it takes every path."""
    status: int = 200
    """Status of its answers from now on, such as 500."""
    _arrived: "queue.SimpleQueue[Request]" = field(default_factory=queue.SimpleQueue, repr=False)

    def next(self, seconds: float = 60) -> Request:
        """The oldest request that nobody has asked for yet; waits for it. Raises queue.Empty when none comes."""
        return self._arrived.get(timeout=seconds)

    def rest(self) -> list[Request]:
        """The requests that have arrived and that nobody has asked for yet."""
        found = []
        while not self._arrived.empty():
            found.append(self._arrived.get())
        return found


@contextmanager
def listen() -> Iterator[Webhook]:
    """A server on a loopback port, for as long as needed."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            webhook._arrived.put(Request(self.command, self.path, dict(self.headers), body))
            self.send_response(webhook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD = do_POST = do_PUT = handle_any  # noqa: N815 - the names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Keeps quiet: what arrives is looked at by the tests."""

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        webhook = Webhook(f"http://{LOOPBACK}:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield webhook
        finally:
            server.shutdown()
            thread.join()
