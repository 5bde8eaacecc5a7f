"""BACKUP_NOTIFY_URLS: people are told of runs, by any of the services that Apprise knows."""

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
"""How long all of the services may take together. Those that hang are left to themselves."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notifier:
    """Tells people: of failures always, of the first success after one, and of every success if they want."""

    environment: Environment

    def __post_init__(self) -> None:
        # Each is masked by itself too: a library may show one.
        logs.hide(self.environment.get("BACKUP_NOTIFY_URLS"))

    def run_started(self, report: Report) -> None:
        """Nobody wants to be told that."""

    def task_ended(self, report: Report, result: Result) -> None:
        """One message for each run, when all is over."""

    def run_ended(self, report: Report) -> None:
        if (told := _message(report, self.environment)) is not None:
            deliver(list(deliveries(self.environment, told)), SECONDS)


def deliveries(environment: Environment, told: Message) -> Iterator[Delivery]:
    """Gives a message to each of the services. A URL that cannot be understood is a delivery that fails."""
    safe = Message(told.kind, logs.shown(told.title), logs.shown(told.body))
    for number, url in enumerate(environment.get("BACKUP_NOTIFY_URLS") or (), 1):
        service = parse_url(url)
        where = shown(number, url, service)
        secrets = [piece for piece in _pieces(url) if piece not in where]
        yield Delivery("The notification", where, partial(_send, service, safe, secrets))


def parse_url(url: str) -> Any:
    """Returns Apprise's plugin for a URL, or None if it understands none."""
    # Imported when it is needed: it takes longer than all the rest of a small run.
    apprise = import_module("apprise")
    _listen()
    try:
        # Waiting is bounded by us: Apprise's own way leaves threads that the interpreter waits for at its end.
        asset = apprise.AppriseAsset(app_id="django-rclone", app_desc="Backups", async_mode=False, service_timeout=0)
        return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    except Exception as error:  # plugins raise what they like about odd URLs, with them in the text
        logger.debug("Apprise: %s", type(error).__name__)
        return None


def shown(number: int, url: str, service: Any) -> str:
    """Returns what may be shown of a URL: for many services what stands in the host's place is a secret."""
    scheme = re.match(r"([a-z][a-z0-9]{1,20}):", url, re.IGNORECASE)
    host = str(getattr(service, "host", None) or "") if "host" in getattr(service, "template_tokens", {}) else ""
    port = getattr(service, "port", None)
    at = f" at {host}{f':{port}' if port else ''}" if port or "." in host or host == "localhost" else ""
    place = f" ({scheme[1].lower()}{at})" if scheme else ""
    return f"entry {number} of BACKUP_NOTIFY_URLS{place}"


def message_context(environment: Environment, report: Report | None = None) -> MessageContext:
    """Returns what is known beside a run. Without a usable history no recovery is known."""
    here = MessageContext(socket.gethostname(), build.name(environment))
    if report is None:
        return here
    try:
        with store.opened():
            # Its models can be imported when Django is ready, and that is seen to here.
            record = import_module("django_rclone_sidecar.history.writer")
            succeeded = {part.database for part in report.results if part.outcome is Outcome.SUCCESS}
            recovered: set[str] = record.failing_before(succeeded, report.command, report.started_at)
            last: dict[str, datetime | None] = {
                part.database: record.last_good(part.database) for part in report.failed
            }
    except Interrupted:
        raise
    except Exception as error:  # whoever writes the run down says so aloud
        logger.debug("%s", error)
        return here
    return MessageContext(here.host, here.project, frozenset(recovered), last)


def _message(report: Report, environment: Environment) -> Message | None:
    """Returns what is to be told of a run, or None."""
    beside = message_context(environment, report)
    if report.exit_code != 0:
        return message.failure(report, beside)
    if beside.recovered:
        return message.recovery(report, beside)
    return message.success(report, beside) if environment.get("BACKUP_NOTIFY_ON") == "all" else None


def _send(service: Any, told: Message, secrets: list[str]) -> None:
    if service is None:
        raise DeliveryError("Apprise does not understand this URL")
    apprise = import_module("apprise")
    one = apprise.Apprise(asset=service.asset)
    one.add(service)
    _Said.of_thread.words = ""
    if not one.notify(body=told.body, title=told.title, notify_type=told.kind, body_format="text"):
        raise DeliveryError(mask(_Said.of_thread.words, secrets) or "the service did not take it")


def _pieces(url: str) -> Iterable[str]:
    """Returns what Apprise may repeat of a URL when it complains."""
    pieces = re.split(r"[/:@?&=]+", url.partition("://")[2])
    return [url, *pieces, *map(unquote, pieces)]


class _Said(logging.Handler):
    """Keeps Apprise's own log out of ours, and remembers in each thread what it complained of last."""

    of_thread = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self.of_thread.words = record.getMessage().rstrip(". ")


def _listen() -> None:
    theirs = logging.getLogger("apprise")
    if not any(isinstance(handler, _Said) for handler in theirs.handlers):
        theirs.handlers[:] = [_Said()]
        theirs.setLevel(logging.WARNING)
        theirs.propagate = False
