"""An S3 server that shares no code with rclone, in a container."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from testcontainers.core.container import DockerContainer

from tests.images import image
from tests.servers import containers
from tests.servers.ports import LOOPBACK, free_port, listening, wait_until
from tests.servers.storage import RCLONE

KEY, SECRET = "gateway-key", "gateway-secret"


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running server with one bucket."""

    remote: str
    """What to give rclone: "gateway:backups"."""
    environment: Mapping[str, str] = field(repr=False)
    """The variables that define the remote."""


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
        # The engine's proxy listens before the server does: rclone asks again until it answers.
        subprocess.run(
            [RCLONE, "mkdir", "--retries=50", "--retries-sleep=100ms", "gateway:backups"],
            env={**environment, "RCLONE_CONFIG": "/dev/null"},
            stderr=subprocess.PIPE,
            check=True,
        )
        yield Gateway("gateway:backups", environment)
