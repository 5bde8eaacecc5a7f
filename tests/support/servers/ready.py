"""Base of Prometheus and the servers around it: they listen for HTTP, and report when they are ready."""

from dataclasses import dataclass, field

from testcontainers.core.container import DockerContainer

from tests.support.servers import web
from tests.support.servers.server import Server


@dataclass(frozen=True, slots=True)
class ReadyServer(Server):
    """A running server. Its port is one of this machine's, for programs and for containers on its network."""

    host: str
    port: int
    container: DockerContainer = field(repr=False)

    @property
    def url(self) -> str:
        """Address that it listens on."""
        return f"http://{self.host}:{self.port}"

    def answers(self) -> bool:
        return web.answers(f"{self.url}/-/ready")
