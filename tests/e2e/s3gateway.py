"""An S3 server that shares no code with rclone, in a container."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from testcontainers.core.container import DockerContainer

from tests.support.images import image
from tests.support.servers import containers
from tests.support.servers.ports import LOOPBACK, free_port, listening, wait_until
from tests.support.servers.storage import RCLONE

KEY, SECRET = "gateway-key", "gateway-secret"


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running server with one bucket."""

    remote: str
    """Remote for rclone: "gateway:backups"."""
    environment: Mapping[str, str] = field(repr=False)
    """The variables that define the remote."""
    _container: DockerContainer = field(repr=False)

    def kill(self) -> None:
        """Ends the server as a power cut would. `restart` brings it back with what it had."""
        self._container.get_wrapped_container().kill()

    def restart(self) -> None:
        """Starts the server on the same port, and waits until it answers."""
        self._container.get_wrapped_container().restart()
        self.wait()

    def wait(self) -> None:
        """Returns once the server answers. The engine's proxy listens before it does: rclone asks again."""
        subprocess.run(
            [RCLONE, "mkdir", "--retries=50", "--retries-sleep=100ms", self.remote],
            env={**self.environment, "RCLONE_CONFIG": "/dev/null"},
            stderr=subprocess.PIPE,
            check=True,
        )


@contextmanager
def start_gateway() -> Iterator[Gateway]:
    """A server with one bucket, which is empty."""
    containers.prepare()
    port = free_port()
    container = DockerContainer(image("versitygw", "1.8"))
    container.ports["7070"] = (LOOPBACK, port)  # type: ignore[assignment]  # Docker's client takes an address too
    container.with_env("ROOT_ACCESS_KEY", KEY).with_env("ROOT_SECRET_KEY", SECRET)
    container.with_command(["--port", ":7070", "posix", "/tmp"])
    containers.own(container)
    variables = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": f"http://{LOOPBACK}:{port}",
        "ACCESS_KEY_ID": KEY,
        "SECRET_ACCESS_KEY": SECRET,
    }
    environment = {f"RCLONE_CONFIG_GATEWAY_{name}": value for name, value in variables.items()}
    with container:
        wait_until(lambda: listening(port), f"versitygw on port {port}")
        gateway = Gateway("gateway:backups", environment, container)
        gateway.wait()
        yield gateway
