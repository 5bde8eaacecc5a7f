"""``serve``: keeps the schedule, and serves metrics, health and a page. Two children under a tiny supervisor.

Either one's death is the end: whoever runs containers starts us again. A stop is first the loop's business, which
gives a running backup its time; until then the web server goes on.
"""

from __future__ import annotations

import logging
import os
import signal
from argparse import ArgumentParser

from django_rclone.exceptions import DjangoRcloneError
from django_rclone.process.background import Companion
from django_rclone_sidecar import arguments, spawn
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.history import location
from django_rclone_sidecar.scheduler import liveness
from django_rclone_sidecar.scheduler.wakeup import SignalWakeup

logger = logging.getLogger(__name__)

_FORGETFUL = (
    "Nothing can be written to %s: a restart loses the list of runs and begins their counters anew. What there is on "
    "the remote is read back from it. To keep both, mount a volume there, or set BACKUP_STATE_DIR."
)

_PATIENCE = 5.0
"""Seconds that a child has to end by itself when the other has."""


def parser() -> ArgumentParser:
    """Return the parser of the command's arguments."""
    return arguments.parser(
        "serve",
        "Make backups by BACKUP_SCHEDULE and serve on PORT until stopped: / for people, /metrics for Prometheus, "
        "/status for uptime monitors, /healthz and /readyz for container platforms. A slot that was missed is caught "
        "up at the start.",
    )


def main(argv: list[str], environment: Environment) -> int:
    parser().parse_args(argv)
    folder = environment.get("BACKUP_STATE_DIR")
    if location.path(folder).parent != folder:
        logger.warning(_FORGETFUL, folder, extra={"event": "history.in_memory"})
    with SignalWakeup() as wakeup, liveness.create() as file:
        shared = {**os.environ, liveness.VARIABLE: str(file.fileno())}
        loop = Companion(spawn.sidecar("scheduler"), shared, keep=(file.fileno(),))
        web = Companion(spawn.sidecar("web"), shared, keep=(file.fileno(),))
        code = _watch(wakeup, loop, web)
        for child in (loop, web):
            _end(child)
    return code


def _watch(wakeup: SignalWakeup, loop: Companion, web: Companion) -> int:
    """Waits until one of the children has ended, and returns what to end with."""
    told = False
    while loop.returncode is None:
        if wakeup.stop_signal is not None and not told:
            told = True
            loop.signal(signal.SIGTERM)
        if web.returncode is not None and not told:
            logger.error("The web server has ended (%s).", _how(web.returncode), extra={"event": "serve.failed"})
            return DjangoRcloneError.exit_code
        wakeup.wait(60)
    if wakeup.stop_signal is not None:
        return 128 + wakeup.stop_signal
    logger.error("The schedule has ended (%s).", _how(loop.returncode), extra={"event": "serve.failed"})
    return loop.returncode if loop.returncode > 0 else DjangoRcloneError.exit_code


def _end(child: Companion) -> None:
    child.signal(signal.SIGTERM)
    if child.wait(_PATIENCE) is None:
        child.signal(signal.SIGKILL)
        child.wait(_PATIENCE)


def _how(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
