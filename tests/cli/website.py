"""Pages of `serve`, as a browser or a monitor sees them: a real web server on a separate port."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.cli.program import Program
from tests.support.commands import start
from tests.support.servers.ports import LOOPBACK, free_port, wait_until


@dataclass(frozen=True)
class Answer:
    """Answer of the server."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.text)


@dataclass
class Website:
    """A running web server, and what it has logged."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with every request."""

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Asks for a path."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        try:
            connection.request(method, path, headers={**self.headers, **headers})
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read().decode())
        finally:
            connection.close()

    def metrics(self) -> dict[tuple[str, tuple[str, ...]], float]:
        """Every series by its name without the prefix and its labels' values, in the order of the labels' names."""
        found = {}
        for family in text_string_to_metric_families(self.get("/metrics").text):
            for sample in family.samples:
                labels = tuple(value for _name, value in sorted(sample.labels.items()))
                found[sample.name.removeprefix("django_rclone_"), labels] = sample.value
        return found

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get("/healthz").status > 0
        except OSError:
            return False


@contextmanager
def serving(program: Program, *, pass_fds: tuple[int, ...] = (), **env: str) -> Iterator[Website]:
    """The web server of a program's environment, for as long as needed."""
    port, log = free_port(), program.folder / "web.log"
    with log.open("wb") as stderr:
        process = start(
            ["django-rclone", "web"],
            env={**program.env, "PORT": str(port), **env},
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            **({"pass_fds": pass_fds} if pass_fds else {}),
        )
    try:
        website = Website(port, process, log)
        wait_until(website.answers, "the web server")
        yield website
    finally:
        process.terminate()
        assert process.wait(20) == 0, log.read_text()
