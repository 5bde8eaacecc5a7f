"""An rclone in the background that answers requests: its remote control (https://rclone.org/rc/)."""

from __future__ import annotations

import base64
import dataclasses
import json
import secrets
import select
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import TIMEOUT_MAX
from typing import Any
from urllib.parse import urlencode

from django_rclone.command import Command, Explanation, Secret
from django_rclone.exceptions import ProgramFailed, Unavailable
from django_rclone.process import Limits
from django_rclone.process.child import Process, last_output
from django_rclone.process.server import Server
from django_rclone.process.stall import stall_message
from django_rclone.rclone.errors import counters

_USER = "django-rclone"
_ANNOUNCEMENT = "Serving remote control on"
# No limits of its own for a request: a move may copy for hours. Answers are not kept for later.
_FLAGS = (
    *("--rc-server-read-timeout", "0", "--rc-server-write-timeout", "0"),
    *("--rc-job-expire-duration", "1s", "--rc-job-expire-interval", "1s"),
)
_STATISTICS_EVERY = 2.0
"""Seconds between two looks at rclone's statistics while it works on a request."""
_BOUNDARY = secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to rclone's remote control."""

    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    member: str = ""
    """Member of the answer that is the result; empty if the whole answer is."""
    upload: tuple[str, bytes] | None = field(default=None, repr=False)
    """Name and content of a file to upload."""

    def http(self, authorization: str) -> bytes:
        """Returns the HTTP request. With HTTP 1.0, the end of the connection is the end of the answer."""
        if self.upload is None:
            target, kind, body = self.method, "application/json", json.dumps(dict(self.parameters)).encode()
        else:
            target = f"{self.method}?{urlencode(self.parameters)}"
            kind, body = f"multipart/form-data; boundary={_BOUNDARY}", _form(*self.upload)
        head = (
            f"POST /{target} HTTP/1.0",
            f"Authorization: Basic {authorization}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join((*head, "", "")).encode() + body


def _form(name: str, content: bytes) -> bytes:
    """Returns a form with one file: https://datatracker.ietf.org/doc/html/rfc7578."""
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    return f"--{_BOUNDARY}\r\n{disposition}\r\n\r\n".encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()


class RemoteControl:
    """An rclone in the background. It keeps no connection to the storage open between two requests."""

    def __init__(self, command: Command) -> None:
        """Starts ``rclone rcd``, described by ``command``. Raises DjangoRcloneError if it cannot be used."""
        address, password = f"django-rclone-{secrets.token_hex(16)}", secrets.token_hex(32)
        self._authorization = base64.b64encode(f"{_USER}:{password}".encode()).decode()
        command = dataclasses.replace(
            command,
            argv=(*command.argv, "--rc-addr", f"unix://@{address}", *_FLAGS),
            env={**command.env, "RCLONE_RC_USER": _USER, "RCLONE_RC_PASS": Secret(password)},
        )
        self._server = Server(command, address, _ANNOUNCEMENT)

    def close(self) -> None:
        """Ends rclone."""
        self._server.close()

    def ask(self, request: Request, limits: Limits, explain: Explanation) -> Any:
        """Returns the result of a request.

        Raises the error that ``explain`` makes of an error in the answer, Unavailable if a limit is exceeded, and
        OSError or ValueError if the answer is not complete.
        """
        self._server.clear_log()
        status, answer = self._exchange(request, limits, self._progress)
        # Cached remotes hold connections, of which a server may allow only one, locks of local caches, and old
        # options: the programs that move data must find none of them, and the next request new ones.
        with suppress(OSError, ValueError):
            self._exchange(Request("fscache/clear"), limits, self._progress)
        if status != 200:
            process = self._server.process
            text = process.masked(str(answer.get("error", "")))
            raise explain(ProgramFailed(process.command.program, 1, text))
        return answer.get(request.member) if request.member else answer

    def _progress(self) -> object:
        """Returns rclone's progress with the current request; None if it does not report it."""
        limits = Limits(timeout=_STATISTICS_EVERY)
        with suppress(OSError, ValueError, Unavailable):
            return counters(self._exchange(Request("core/stats"), limits, lambda: None)[1])
        return None

    def _exchange(self, request: Request, limits: Limits, progress: Callable[[], object]) -> tuple[int, dict[str, Any]]:
        """Returns the status and the content of the answer to a request."""
        watch = _Watch(self._server.process, limits, progress)
        received = bytearray()
        with self._server.connect() as connection:
            connection.setblocking(False)
            unsent = memoryview(request.http(self._authorization))
            while unsent:
                watch.wait(connection, select.POLLOUT)
                unsent = unsent[connection.send(unsent) :]
            watch.wait(connection, select.POLLIN)
            while data := connection.recv(1 << 16):
                received += data.translate(None, b"\t")  # rclone indents its JSON, by a sixth of a list's size
                watch.wait(connection, select.POLLIN)
        body = received.index(b"\r\n\r\n")
        status = int(received[:body].split(None, 2)[1])
        text = str(memoryview(received)[body:], "utf-8", "replace")
        del received
        answer = json.loads(text)
        if not isinstance(answer, dict):
            raise ValueError("The answer is not a JSON object.")
        return status, answer


class _Watch:
    """Watches the time limits of one exchange."""

    def __init__(self, process: Process, limits: Limits, progress: Callable[[], object]) -> None:
        self._process, self._progress, self._limits = process, progress, limits
        self._reached: object = None
        self._last = time.monotonic()
        self._deadline = self._last + (limits.timeout or TIMEOUT_MAX)

    def wait(self, connection: socket.socket, event: int) -> None:
        """Waits until data can be sent or received. Raises Unavailable if a limit is exceeded."""
        poller = select.poll()
        poller.register(connection, event)
        while not poller.poll(1000 * self._seconds()):
            self._check()
        self._last = time.monotonic()

    @property
    def _stall(self) -> float:
        return self._limits.stall or TIMEOUT_MAX

    def _seconds(self) -> float:
        left = min(self._deadline, self._last + self._stall) - time.monotonic()
        return max(0.001, min(_STATISTICS_EVERY, left))

    def _check(self) -> None:
        now = time.monotonic()
        if now >= self._deadline:
            name, limit = self._process.command.program, self._limits.timeout
            raise Unavailable(f"{name} did not end within {limit:g} s.{last_output(self._process)}")
        reached = self._progress()
        if reached is not None and reached != self._reached:
            self._reached, self._last = reached, time.monotonic()
        elif now >= self._last + self._stall:
            raise Unavailable(stall_message(self._stall, self._process))
