"""BACKUP_NOTIFY_URLS: notifications of runs, through Apprise."""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from django_rclone.exceptions import Interrupted
from django_rclone.masking import mask
from django_rclone_sidecar import logs
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.history import store
from django_rclone_sidecar.notifications import message
from django_rclone_sidecar.notifications.delivery import Delivery, DeliveryError, deliver
from django_rclone_sidecar.notifications.message import Message, MessageContext
from django_rclone_sidecar.report import Outcome, Report, Result
from django_rclone_sidecar.settings import build

SECONDS = 15.0
"""Time limit for all services together. Those that hang are abandoned."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notifier:
    """Observer that notifies of failures, of the first success after one, of unusual backups, and optionally of all."""

    environment: Environment

    def __post_init__(self) -> None:
        # Each URL is masked separately, because a library may log one.
        logs.add_secrets(self.environment.get("BACKUP_NOTIFY_URLS"))

    def run_started(self, report: Report) -> None:
        """No message at the start."""

    def task_ended(self, report: Report, result: Result) -> None:
        """No message per task."""

    def run_ended(self, report: Report) -> None:
        if (made := _message(report, self.environment)) is not None:
            deliver(list(deliveries(self.environment, made)), SECONDS)


def deliveries(environment: Environment, sent: Message) -> Iterator[Delivery]:
    """Yields a delivery of the message to each service. One with a URL that is not valid will fail."""
    safe = Message(sent.kind, logs.masked(sent.title), logs.masked(sent.body))
    for number, url in enumerate(environment.get("BACKUP_NOTIFY_URLS") or (), 1):
        service = parse_url(url)
        where = describe_url(number, url, service)
        secrets = [piece for piece in _pieces(url) if piece not in where]
        yield Delivery("The notification", where, partial(_send, service, safe, secrets))


def parse_url(url: str) -> Any:
    """Returns Apprise's plugin for a URL, or None if the URL is not valid."""
    # Imported on demand: the import takes longer than the rest of a small run.
    apprise = import_module("apprise")
    _redirect_log()
    try:
        # We limit the time ourselves: Apprise's timeout leaves threads that the interpreter waits for at exit.
        asset = apprise.AppriseAsset(app_id="django-rclone", app_desc="Backups", async_mode=False, service_timeout=0)
        return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    except Exception as error:  # plugins raise any exception for odd URLs, with the URL in its message
        logger.debug("Apprise: %s", type(error).__name__)
        return None


def describe_url(number: int, url: str, service: Any) -> str:
    """Returns a description of a URL without secrets: for many services the host part is a token."""
    scheme = re.match(r"([a-z][a-z0-9]{1,20}):", url, re.IGNORECASE)
    host = str(getattr(service, "host", None) or "") if "host" in getattr(service, "template_tokens", {}) else ""
    port = getattr(service, "port", None)
    at = f" at {host}{f':{port}' if port else ''}" if port or "." in host or host == "localhost" else ""
    place = f" ({scheme[1].lower()}{at})" if scheme else ""
    return f"entry {number} of BACKUP_NOTIFY_URLS{place}"


def message_context(environment: Environment, report: Report | None = None) -> MessageContext:
    """Returns the context of a message. Without a usable history, recoveries are not known."""
    here = MessageContext(socket.gethostname(), build.project_name(environment))
    if report is None:
        return here
    try:
        with store.opened() as writer:
            succeeded = {result.database for result in report.results if result.outcome is Outcome.SUCCESS}
            recovered: set[str] = writer.failing_before(succeeded, report.command, report.started_at)
            last: dict[str, datetime | None] = {
                result.database: writer.last_good(result.database) for result in report.failed
            }
    except Interrupted:
        raise
    except Exception as error:  # logged by the history recorder
        logger.debug("%s", error)
        return here
    return MessageContext(here.host, here.project, frozenset(recovered), last)


def _message(report: Report, environment: Environment) -> Message | None:
    """Returns the message about a run, or None."""
    context = message_context(environment, report)
    if report.exit_code != 0:
        return message.failure(report, context)
    if report.unusual:
        return message.unusual(report, context)
    if context.recovered:
        return message.recovery(report, context)
    return message.success(report, context) if environment.get("BACKUP_NOTIFY_ON") == "all" else None


def _send(service: Any, sent: Message, secrets: list[str]) -> None:
    if service is None:
        raise DeliveryError("Apprise does not understand this URL")
    apprise = import_module("apprise")
    one = apprise.Apprise(asset=service.asset)
    one.add(service)
    _ErrorCapture.of_thread.error = ""
    if not one.notify(body=sent.body, title=sent.title, notify_type=sent.kind, body_format="text"):
        raise DeliveryError(mask(_ErrorCapture.of_thread.error, secrets) or "the service did not accept it")


def _pieces(url: str) -> Iterable[str]:
    """Returns the parts of a URL that Apprise may include in an error."""
    pieces = re.split(r"[/:@?&=]+", url.partition("://")[2])
    return [url, *pieces, *map(unquote, pieces)]


class _ErrorCapture(logging.Handler):
    """Handler that keeps Apprise's log out of ours, and holds its last error in each thread."""

    of_thread = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self.of_thread.error = record.getMessage().rstrip(". ")


def _redirect_log() -> None:
    theirs = logging.getLogger("apprise")
    if not any(isinstance(handler, _ErrorCapture) for handler in theirs.handlers):
        theirs.handlers[:] = [_ErrorCapture()]
        theirs.setLevel(logging.WARNING)
        theirs.propagate = False
