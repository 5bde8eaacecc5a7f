"""gunicorn worker for ``web``: one event loop does all reading and writing, threads only run the views.

gunicorn's own threads read from and write to clients without a time limit, so a few clients that send half a request,
or do not read, block all others. Here a thread gets a request only when its head is complete, every client has a time
limit, and /healthz is answered by the loop itself. Responses are small and only GET and HEAD are allowed, so bodies are
not read and connections are not kept alive.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gunicorn.http import wsgi
from gunicorn.http.parser import RequestParser
from gunicorn.workers.base import Worker as BaseWorker

_MOST_CONNECTIONS = 256
"""Open connections; with more, the oldest is closed. A process may be limited to 1,024 descriptors."""
_LONGEST_HEAD = 16 * 1024
"""The longest head of a request, in bytes."""
_HEAD, _RESPONSE, _LINGER = 10.0, 15.0, 2.0
"""Seconds that a client has to send the head, to read the response, and to close after that."""
_TICK = 1.0
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(eq=False, slots=True)
class _Connection:
    """A client connection and its state."""

    socket: socket.socket
    address: Any
    server: Any
    deadline: float | None
    """None while a view runs."""
    head: bytearray = field(default_factory=bytearray)
    response: memoryview = field(default_factory=lambda: memoryview(b""))


class _ResponseBuffer:
    """Takes the place of the socket to which gunicorn writes a response."""

    def __init__(self) -> None:
        self.content = bytearray()

    def sendall(self, data: bytes) -> None:
        self.content += data

    def send(self, data: bytes) -> int:
        self.content += data
        return len(data)

    def gettimeout(self) -> float:
        return 0.0


class Worker(BaseWorker):  # type: ignore[misc]
    """Serves requests until it is stopped."""

    def init_process(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._pool = ThreadPoolExecutor(max_workers=self.cfg.threads)
        self._clients: dict[_Connection, None] = {}  # in the order in which they came
        self._finished: list[tuple[_Connection, Future[bytes]]] = []
        super().init_process()

    def run(self) -> None:
        # gunicorn writes to this pipe after a signal, and we write after a view.
        self._selector.register(self.PIPE[0], selectors.EVENT_READ, self._send_finished)
        for listener in self.sockets:
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, partial(self._accept, listener))
        while self.alive and self.ppid == os.getppid():
            self._step()
        for listener in self.sockets:
            self._selector.unregister(listener)
            listener.close()
        end = time.monotonic() + self.cfg.graceful_timeout
        while any(client.deadline is None or client.response for client in self._clients) and time.monotonic() < end:
            self._step()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _step(self) -> None:
        self.notify()
        for key, _events in self._selector.select(_TICK):
            key.data()
        now = time.monotonic()
        for client in [one for one in self._clients if one.deadline is not None and one.deadline < now]:
            self._close(client)

    def _accept(self, listener: socket.socket) -> None:
        try:
            accepted, address = listener.accept()
        except BlockingIOError:
            return
        except OSError:  # out of descriptors, or the client has closed
            self._close_oldest()
            return
        accepted.setblocking(False)
        client = _Connection(accepted, address, listener.getsockname(), time.monotonic() + _HEAD)
        self._clients[client] = None
        self._selector.register(accepted, selectors.EVENT_READ, partial(self._read, client))
        if len(self._clients) > _MOST_CONNECTIONS:
            self._close_oldest()

    def _read(self, client: _Connection) -> None:
        if not (data := self._received(client)):
            return
        client.head += data
        if b"\r\n\r\n" in client.head:
            self._selector.unregister(client.socket)
            client.deadline = None
            if client.head.split(b" ", 2)[1:2] == [b"/healthz"]:
                self._send(client, self._respond(client))
            else:
                future = self._pool.submit(self._respond, client)
                future.add_done_callback(partial(self._view_finished, client))
        elif len(client.head) > _LONGEST_HEAD:
            self._selector.unregister(client.socket)
            self._send(client, _TOO_LONG)

    def _respond(self, client: _Connection) -> bytes:
        buffer, request = _ResponseBuffer(), None
        try:
            request = next(RequestParser(self.cfg, iter([bytes(client.head)]), client.address))
            response, environ = wsgi.create(request, buffer, client.address, client.server, self.cfg)
            environ["wsgi.multithread"] = True
            response.force_close()
            parts = self.wsgi(environ, response.start_response)
            try:
                for part in parts:
                    response.write(part)
                response.close()
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except Exception as error:
            self.handle_error(request, buffer, client.address, error)
        return bytes(buffer.content)

    def _view_finished(self, client: _Connection, future: Future[bytes]) -> None:
        self._finished.append((client, future))
        with suppress(OSError):  # the pipe is full: the loop wakes anyway
            os.write(self.PIPE[1], b"\0")

    def _send_finished(self) -> None:
        with suppress(BlockingIOError):
            os.read(self.PIPE[0], 4096)
        while self._finished:
            client, future = self._finished.pop(0)
            if client in self._clients and not future.cancelled():
                self._send(client, future.result())

    def _send(self, client: _Connection, response: bytes) -> None:
        client.response = memoryview(response)
        client.deadline = time.monotonic() + _RESPONSE
        self._selector.register(client.socket, selectors.EVENT_WRITE, partial(self._write, client))
        self._write(client)

    def _write(self, client: _Connection) -> None:
        try:
            client.response = client.response[client.socket.send(client.response) :]
        except BlockingIOError:
            return
        except OSError:
            self._close(client)
            return
        if client.response:
            return
        # Closing with unread data could cut the end of the response (RFC 9112, 9.6).
        client.deadline = time.monotonic() + _LINGER
        with suppress(OSError):
            client.socket.shutdown(socket.SHUT_WR)
        self._selector.modify(client.socket, selectors.EVENT_READ, partial(self._received, client))

    def _received(self, client: _Connection) -> bytes:
        """Returns what the client has sent. Closes the connection at its end."""
        try:
            data = client.socket.recv(1 << 16)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._close(client)
        return data

    def _close_oldest(self) -> None:
        if self._clients:
            self._close(next(iter(self._clients)))

    def _close(self, client: _Connection) -> None:
        self._clients.pop(client, None)
        with suppress(KeyError, ValueError):
            self._selector.unregister(client.socket)
        client.socket.close()
