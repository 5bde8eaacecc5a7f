"""Who is told of runs, as the environment variables say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from importlib import import_module

from django_rclone.exceptions import Interrupted
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.history import store
from django_rclone_sidecar.report import Report, Result, Watcher

logger = logging.getLogger(__name__)


class Recorder:
    """Writes runs into the history."""

    def begun(self, report: Report) -> None:
        self._write("begun", report)

    def moved_on(self, report: Report, result: Result) -> None:
        self._write("moved_on", report, result)

    def ended(self, report: Report) -> None:
        self._write("ended", report)

    @staticmethod
    def _write(what: str, *told: Report | Result) -> None:
        try:
            with store.opened():
                # Its models can be imported when Django is ready, and that is seen to here.
                getattr(import_module("django_rclone_sidecar.history.writer"), what)(*told)
        except store.Unusable as error:
            store.complain(error)


def of(environment: Environment) -> list[Watcher]:
    """Returns who wants to know."""
    return [*outside(environment), Recorder()]


def outside(environment: Environment) -> list[Watcher]:
    """Returns who wants to know beside the history. They come first: they ask it what was before."""
    found: list[Watcher] = []
    for variable, module, name in (
        ("BACKUP_NOTIFY_URLS", "apprise", "Notifier"),
        ("BACKUP_HEARTBEAT_URL", "heartbeat", "Heartbeat"),
        ("BACKUP_PUSHGATEWAY_URL", "pushgateway", "Pusher"),
    ):
        if environment.given(variable):
            # Imported when it is wanted: HTTP and metrics are slow to import, and most runs tell nobody.
            found.append(getattr(import_module(f"django_rclone_sidecar.notifications.{module}"), name)(environment))
    return found


def tell(watchers: Sequence[Watcher], say: Callable[[Watcher], None]) -> None:
    """Tells everybody. What one of them raises is logged: nothing of that kind may harm a run."""
    for watcher in watchers:
        try:
            say(watcher)
        except Interrupted:
            raise
        except Exception as error:
            name = type(watcher).__name__
            logger.warning("%s was not told: %s", name, error, extra={"event": "watcher.failed"})


def tell_ended(watchers: Sequence[Watcher], report: Report) -> None:
    """Tells everybody that a run is over."""
    # Who was asked to stop may be killed while a slow service is told: then the history comes first, which is not slow.
    interrupted = (report.exit_code or 0) > 128
    tell(watchers[::-1] if interrupted else watchers, lambda watcher: watcher.ended(report))
