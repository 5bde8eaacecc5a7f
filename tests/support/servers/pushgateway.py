"""Pushgateways in containers."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client.parser import text_string_to_metric_families
from testcontainers.core.container import DockerContainer

from tests.support.images import image
from tests.support.servers import containers, web
from tests.support.servers.ports import LOOPBACK, free_port
from tests.support.servers.ready import ReadyServer

VERSION = "1.11"


class Pushgateway(ReadyServer):
    """A running Pushgateway."""

    __slots__ = ()

    def metrics(self) -> str:
        """All that Prometheus would scrape."""
        return web.fetch(f"{self.url}/metrics")

    def values(self, name: str, **labels: str) -> list[float]:
        """The values of the series of this name that have these labels, among them those of the grouping key."""
        return [
            sample.value
            for family in text_string_to_metric_families(self.metrics())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def wipe(self) -> None:
        """Forgets everything that was pushed."""
        web.fetch(f"{self.url}/api/v1/admin/wipe", "PUT")


@contextmanager
def start_pushgateway() -> Iterator[Pushgateway]:
    """A Pushgateway for as long as needed."""
    containers.prepare()
    port = free_port()
    container = DockerContainer(image("pushgateway", VERSION))
    container.ports["9091"] = (LOOPBACK, port)  # type: ignore[assignment]  # Docker's client takes an address too
    container.with_command(["--web.enable-admin-api"])
    containers.own(container)
    with container:
        server = Pushgateway(LOOPBACK, port, container)
        server.wait()
        yield server
