"""Containers that end with the run that started them, also where that run was killed."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from tests.images.engine import EngineError, docker, present
from tests.images.pull import pull

LABEL = "django-rclone.test-run"


def prepare() -> None:
    """Sets testcontainers up for this machine and removes what killed runs left behind."""
    testcontainers_config.sleep_time = 0.1
    testcontainers_config.max_tries = 1200
    # Testcontainers' own cleaner is an image that not every machine can pull; the label below does without.
    if "TESTCONTAINERS_RYUK_DISABLED" not in os.environ:
        ryuk = testcontainers_config.ryuk_image
        testcontainers_config.ryuk_disabled = not present(ryuk) and bool(pull(ryuk))
    sweep()


def own(container: DockerContainer, **options: Any) -> None:
    """Marks a container that is yet to be started as this run's, and gives it further options of the engine's."""
    container.with_kwargs(labels={LABEL: _run(os.getpid())}, **options)


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
