"""Who is told of runs, as the environment variables say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from importlib import import_module

from django_rclone.exceptions import Interrupted
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.history import store
from django_rclone_sidecar.report import Report, Result, RunObserver

logger = logging.getLogger(__name__)


class HistoryRecorder:
    """Writes runs into the history."""

    def run_started(self, report: Report) -> None:
        self._write("run_started", report)

    def task_ended(self, report: Report, result: Result) -> None:
        self._write("task_ended", report, result)

    def run_ended(self, report: Report) -> None:
        self._write("run_ended", report)

    @staticmethod
    def _write(what: str, *told: Report | Result) -> None:
        try:
            with store.opened():
                # Its models can be imported when Django is ready, and that is seen to here.
                getattr(import_module("django_rclone_sidecar.history.writer"), what)(*told)
        except store.Unusable as error:
            store.warn_once(error)


def configured(environment: Environment) -> list[RunObserver]:
    """Returns who wants to know."""
    return [*external(environment), HistoryRecorder()]


def external(environment: Environment) -> list[RunObserver]:
    """Returns who wants to know beside the history. They come first: they ask it what was before."""
    found: list[RunObserver] = []
    for variable, module, name in (
        ("BACKUP_NOTIFY_URLS", "apprise", "Notifier"),
        ("BACKUP_HEARTBEAT_URL", "heartbeat", "Heartbeat"),
        ("BACKUP_PUSHGATEWAY_URL", "pushgateway", "Pusher"),
    ):
        if environment.given(variable):
            # Imported when it is wanted: HTTP and metrics are slow to import, and most runs tell nobody.
            found.append(getattr(import_module(f"django_rclone_sidecar.notifications.{module}"), name)(environment))
    return found


def notify(observers: Sequence[RunObserver], say: Callable[[RunObserver], None]) -> None:
    """Tells everybody. What one of them raises is logged: nothing of that kind may harm a run."""
    for observer in observers:
        try:
            say(observer)
        except Interrupted:
            raise
        except Exception as error:
            name = type(observer).__name__
            logger.warning("%s was not told: %s", name, error, extra={"event": "watcher.failed"})


def notify_run_ended(observers: Sequence[RunObserver], report: Report) -> None:
    """Tells everybody that a run is over."""
    # Who was asked to stop may be killed while a slow service is told: then the history comes first, which is not slow.
    interrupted = (report.exit_code or 0) > 128
    notify(observers[::-1] if interrupted else observers, lambda observer: observer.run_ended(report))
