"""Containers that end with the run that started them, also where that run was killed."""

import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from tests.support.images import cache
from tests.support.images.engine import EngineError, docker, present
from tests.support.images.pull import pull
from tests.support.servers.ports import LOOPBACK, free_port

LABEL = "django-rclone.test-run"
_RUN = "DJANGO_RCLONE_TEST_RUN"


def prepare() -> None:
    """Sets testcontainers up for this machine and removes what killed runs left behind."""
    testcontainers_config.sleep_time = 0.1
    testcontainers_config.max_tries = 1200
    # Testcontainers' own cleaner is an image that not every machine can pull; the label below does without.
    if "TESTCONTAINERS_RYUK_DISABLED" not in os.environ:
        ryuk = testcontainers_config.ryuk_image
        testcontainers_config.ryuk_disabled = not present(ryuk) and bool(pull(ryuk))
    sweep()


def own(container: DockerContainer, run: str = "", **options: Any) -> None:
    """Marks a container that is yet to be started as this run's, or another's, and gives it further options of the
    engine's."""
    container.with_kwargs(labels={LABEL: run or _run(os.getpid())}, **options)


@contextmanager
def running(container: DockerContainer, inside: int, shared: str = "") -> Iterator[int]:
    """Starts a container with this port of its own, and gives the port of ours that leads there.

    What is shared is started by the first process of the run that asks for this name, and ends with the run.
    """
    prepare()
    if not shared or _RUN not in os.environ:
        port = _at_a_port(container, inside)
        with container:
            yield port
        return
    run, folder = os.environ[_RUN].split(" ")
    with cache.lock(f"server-{Path(folder).name}-{shared}"):
        known = Path(folder, shared)
        if known.exists():
            name, port = json.loads(known.read_text())
            container._container = container.get_docker_client().client.containers.get(name)
        else:
            port = _at_a_port(container, inside, run)
            container.start()
            known.write_text(json.dumps((container.get_wrapped_container().id, port)))
    yield port


def _at_a_port(container: DockerContainer, inside: int, run: str = "") -> int:
    port = free_port()
    container.ports[str(inside)] = (LOOPBACK, port)  # type: ignore[assignment]  # Docker's client takes an address too
    own(container, run)
    return port


def begin_sharing() -> None:
    """Lets this process and those that it starts share servers, until it ends the sharing."""
    os.environ[_RUN] = f"{_run(os.getpid())} {tempfile.mkdtemp(prefix='django-rclone-servers-')}"


def end_sharing() -> None:
    """Removes all that were shared."""
    folder = Path(os.environ.pop(_RUN).split(" ")[1])
    if names := [json.loads(known.read_text())[0] for known in folder.iterdir()]:
        docker("rm", "--force", "--volumes", *names)
    shutil.rmtree(folder)


def mark() -> str:
    """The label of this run, for `docker run --label`."""
    return f"{LABEL}={_run(os.getpid())}"


def sweep() -> None:
    """Removes the containers of runs on this machine that are no more. Those of other living runs stay."""
    form = f'{{{{.ID}}}} {{{{.Label "{LABEL}"}}}}'
    for line in docker("ps", "--all", "--filter", f"label={LABEL}", "--format", form).splitlines():
        container, run = line.split()
        host, pid, _ = run.rsplit("/", 2)
        if host == socket.gethostname() and run != _run(int(pid)):
            with suppress(EngineError):  # another run sweeps at the same time
                docker("rm", "--force", "--volumes", container)


def _run(pid: int) -> str:
    """Names a process for good: ids come round again, an id together with its start time does not."""
    try:
        # The 22nd field of proc(5)'s stat; the name in the second may hold blanks, hence the bracket.
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        started = "gone"
    return f"{socket.gethostname()}/{pid}/{started}"
