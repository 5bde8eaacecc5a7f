"""Start of a run: the record, the target project and the lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django_rclone_sidecar import bootstrap
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import lock, runner
from django_rclone_sidecar.runs.runner import TaskRunner


@contextmanager
def start(command: str, environment: Environment, *, observed: bool = True) -> Iterator[tuple[Sidecar, TaskRunner]]:
    """Yields the sidecar and the runner of the run's tasks, and holds the lock. See ``runner.run``."""
    with runner.run(command, environment, observed=observed) as task_runner:
        sidecar = bootstrap.start(environment)
        with lock.held(environment.get("BACKUP_STATE_DIR")):
            yield sidecar, task_runner
