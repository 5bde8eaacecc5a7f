"""The observers of runs: the history, and those that environment variables configure."""

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
    def _write(what: str, *arguments: Report | Result) -> None:
        try:
            with store.opened() as writer:
                getattr(writer, what)(*arguments)
        except store.Unusable as error:
            store.warn_once(error)


def configured(environment: Environment) -> list[RunObserver]:
    """Returns all observers."""
    return [*external(environment), HistoryRecorder()]


def external(environment: Environment) -> list[RunObserver]:
    """Returns the observers other than the history. They are called first: they query the history of earlier runs."""
    found: list[RunObserver] = []
    for variable, module, name in (
        ("BACKUP_NOTIFY_URLS", "apprise", "Notifier"),
        ("BACKUP_HEARTBEAT_URL", "heartbeat", "Heartbeat"),
        ("BACKUP_PUSHGATEWAY_URL", "pushgateway", "Pusher"),
    ):
        if environment.is_set(variable):
            # Imported on demand: HTTP and metrics are slow to import, and most runs have none.
            found.append(getattr(import_module(f"django_rclone_sidecar.notifications.{module}"), name)(environment))
    return found


def notify(observers: Sequence[RunObserver], call: Callable[[RunObserver], None]) -> None:
    """Calls every observer. Exceptions are logged, because an observer must not affect a run."""
    for observer in observers:
        try:
            call(observer)
        except Interrupted:
            raise
        except Exception as error:
            name = type(observer).__name__
            logger.warning("%s was not notified: %s", name, error, extra={"event": "observer.failed"})


def notify_run_ended(observers: Sequence[RunObserver], report: Report) -> None:
    """Notifies every observer of the end of a run."""
    # A run that was asked to stop may be killed while it waits for a slow service, so the history comes first.
    interrupted = (report.exit_code or 0) > 128
    notify(observers[::-1] if interrupted else observers, lambda observer: observer.run_ended(report))
