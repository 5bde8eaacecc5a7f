"""Prometheus servers in containers, and promtool.

The container is on this machine's own network: what it scrapes, and the Alertmanager that it tells, are at 127.0.0.1
and a port, whether that is a program of this machine, a container with a published port, or one on the same network.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from testcontainers.core.container import DockerContainer

from tests.support.images import image
from tests.support.images.clients import client_dir
from tests.support.servers import containers, web
from tests.support.servers.ports import LOOPBACK, free_port, wait_until
from tests.support.servers.ready import ReadyServer

VERSION = "2.53"
CONFIG = "/etc/prometheus/prometheus.yml"
RULES = "/etc/prometheus/rules"

# Tests wait for what a server does once in each of these.
OFTEN = {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"}


class Prometheus(ReadyServer):
    """A running Prometheus."""

    __slots__ = ()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now: {"metric": labels, "value": [time, text]} each."""
        answer = json.loads(web.fetch(f"{self.url}/api/v1/query?{urlencode({'query': expression})}"))
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def wait_for(self, expression: str, seconds: float = 60) -> list[dict[str, Any]]:
        """Returns the result of `query`, as soon as there is one. Raises TimeoutError when there is none."""
        wait_until(lambda: bool(self.query(expression)), f"any series of {expression}", seconds)
        return self.query(expression)

    def alerts(self) -> dict[str, str]:
        """The alerts that are not at rest, by name, and the state of each: "pending" or "firing"."""
        found = json.loads(web.fetch(f"{self.url}/api/v1/alerts"))["data"]["alerts"]
        return {alert["labels"]["alertname"]: alert["state"] for alert in found}


@contextmanager
def start_prometheus(config: Mapping[str, Any], *rules: Path) -> Iterator[Prometheus]:
    """A Prometheus with this configuration and these rule files, for as long as needed.

    It scrapes and evaluates five times a second, unless the configuration's `global` says otherwise.
    """
    containers.prepare()
    port = free_port()
    container = DockerContainer(image("prometheus", VERSION))
    whole = {"rule_files": [f"{RULES}/*"], **config, "global": {**OFTEN, **config.get("global", {})}}
    # JSON is YAML too.
    container.with_copy_into_container(json.dumps(whole).encode(), CONFIG)
    for file in rules:
        container.with_copy_into_container(file.read_bytes(), f"{RULES}/{file.name}")
    options = [f"--config.file={CONFIG}", "--storage.tsdb.path=/prometheus", f"--web.listen-address={LOOPBACK}:{port}"]
    container.with_command(options)
    containers.own(container, network_mode="host")
    with container:
        server = Prometheus(LOOPBACK, port, container)
        server.wait()
        yield server


def scrape(port: int, job: str = "django-rclone") -> dict[str, Any]:
    """An entry of `scrape_configs` for what listens on this loopback port."""
    return {"job_name": job, "static_configs": [{"targets": [f"{LOOPBACK}:{port}"]}]}


def promtool(*arguments: str | Path, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Runs promtool to its end, on files of this machine: `promtool("check", "metrics", stdin=…)`."""
    command = [client_dir("prometheus", VERSION) / "promtool", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)
