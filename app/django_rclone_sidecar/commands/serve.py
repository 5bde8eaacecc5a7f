"""``serve``: a supervisor of two child processes, the scheduler and the web server.

If either ends, ``serve`` ends, and the container platform restarts it. On a stop, the scheduler is stopped first, and
gives a running backup its grace period; the web server runs until then.
"""

from __future__ import annotations

import logging
import os
import signal
from argparse import ArgumentParser

from django_rclone.exceptions import DjangoRcloneError
from django_rclone.process.background import BackgroundProcess
from django_rclone_sidecar import arguments, spawn
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.history import location
from django_rclone_sidecar.scheduler import liveness
from django_rclone_sidecar.scheduler.wakeup import SignalWakeup

logger = logging.getLogger(__name__)

_HISTORY_IN_MEMORY = (
    "%s is not writable: a restart loses the list of runs and resets their counters. The list of backups is read back "
    "from the remote. To keep the list and the counters, mount a volume there, or set BACKUP_STATE_DIR."
)

_STOP_TIMEOUT = 5.0
"""Seconds that a child process has to end after the other has."""


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    return arguments.create_parser(
        "serve",
        "Make backups on BACKUP_SCHEDULE, and serve HTTP on PORT, until stopped: / is a status page, /metrics is for "
        "Prometheus, /status for uptime monitors, /healthz and /readyz for container platforms. A slot missed while it "
        "was not running is caught up at start.",
    )


def main(argv: list[str], environment: Environment) -> int:
    create_parser().parse_args(argv)
    folder = environment.get("BACKUP_STATE_DIR")
    if location.path(folder).parent != folder:
        logger.warning(_HISTORY_IN_MEMORY, folder, extra={"event": "history.in_memory"})
    with SignalWakeup() as wakeup, liveness.create() as file:
        shared = {**os.environ, liveness.VARIABLE: str(file.fileno())}
        scheduler = BackgroundProcess(spawn.sidecar("scheduler"), shared, keep=(file.fileno(),))
        web = BackgroundProcess(spawn.sidecar("web"), shared, keep=(file.fileno(),))
        code = _watch(wakeup, scheduler, web)
        for child in (scheduler, web):
            _end(child)
    return code


def _watch(wakeup: SignalWakeup, scheduler: BackgroundProcess, web: BackgroundProcess) -> int:
    """Waits until one of the children has ended, and returns the exit code."""
    stopping = False
    while scheduler.returncode is None:
        if wakeup.stop_signal is not None and not stopping:
            stopping = True
            scheduler.signal(signal.SIGTERM)
        if web.returncode is not None and not stopping:
            logger.error("The web server ended (%s).", _describe_exit(web.returncode), extra={"event": "serve.failed"})
            return DjangoRcloneError.exit_code
        wakeup.wait(60)
    if wakeup.stop_signal is not None:
        return 128 + wakeup.stop_signal
    logger.error("The scheduler ended (%s).", _describe_exit(scheduler.returncode), extra={"event": "serve.failed"})
    return scheduler.returncode if scheduler.returncode > 0 else DjangoRcloneError.exit_code


def _end(child: BackgroundProcess) -> None:
    child.signal(signal.SIGTERM)
    if child.wait(_STOP_TIMEOUT) is None:
        child.signal(signal.SIGKILL)
        child.wait(_STOP_TIMEOUT)


def _describe_exit(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
