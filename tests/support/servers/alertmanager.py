"""Alertmanagers in containers, and amtool.

The container is on this machine's own network: the receivers that it tells are at 127.0.0.1 and a port.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from testcontainers.core.container import DockerContainer

from tests.support.images import image
from tests.support.images.clients import client_dir
from tests.support.servers import containers, web
from tests.support.servers.ports import LOOPBACK, free_port
from tests.support.servers.ready import ReadyServer

VERSION = "0.28"
CONFIG = "/etc/alertmanager/alertmanager.yml"


class Alertmanager(ReadyServer):
    """A running Alertmanager."""

    __slots__ = ()

    @property
    def alerting(self) -> dict[str, Any]:
        """The `alerting` of a Prometheus that tells this one."""
        return {"alertmanagers": [{"static_configs": [{"targets": [f"{self.host}:{self.port}"]}]}]}

    def alerts(self) -> list[str]:
        """The names of the alerts that it holds now."""
        return sorted(alert["labels"]["alertname"] for alert in json.loads(web.fetch(f"{self.url}/api/v2/alerts")))

    def send(self, **labels: str) -> None:
        """Tells it of an alert with these labels, as Prometheus does; `alertname` is one of them."""
        web.fetch(f"{self.url}/api/v2/alerts", "POST", [{"labels": labels}])


@contextmanager
def start_alertmanager(config: Mapping[str, Any]) -> Iterator[Alertmanager]:
    """An Alertmanager with this configuration, for as long as needed."""
    containers.prepare()
    port = free_port()
    container = DockerContainer(image("alertmanager", VERSION))
    # JSON is YAML too.
    container.with_copy_into_container(json.dumps(config).encode(), CONFIG)
    # Alone: without an address for its peers it looks for none.
    alone = "--cluster.listen-address="
    options = [f"--config.file={CONFIG}", "--storage.path=/alertmanager", f"--web.listen-address={LOOPBACK}:{port}"]
    container.with_command([*options, alone])
    containers.own(container, network_mode="host")
    with container:
        server = Alertmanager(LOOPBACK, port, container)
        server.wait()
        yield server


def tell(webhook: str) -> dict[str, Any]:
    """A configuration that hands every alert to a webhook at once, one by one, and also when it is over."""
    route = {"receiver": "webhook", "group_by": ["..."], "group_wait": "0s", "group_interval": "200ms"}
    return {"route": route, "receivers": [{"name": "webhook", "webhook_configs": [{"url": webhook}]}]}


def amtool(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Runs amtool to its end, on files of this machine: `amtool("check-config", path)`."""
    command = [client_dir("alertmanager", VERSION) / "amtool", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
