"""Things that are told to services outside: in bounded time, and whatever goes wrong is said, counted, and no harm."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from django_rclone.exceptions import Interrupted
from django_rclone_sidecar import logs
from django_rclone_sidecar.history import store

logger = logging.getLogger(__name__)


class DeliveryError(Exception):
    """Something could not be delivered. Its text may be shown: it holds no secrets."""


@dataclass(slots=True)
class Delivery:
    """One thing for one service. ``send`` raises what keeps it from being delivered."""

    what: str
    where: str
    """Of the service's URL, what may be shown."""
    send: Callable[[], object]
    problem: str = "it was not tried"


@dataclass(slots=True)
class _Attempt:
    """A delivery under way. Its thread is left to itself when the time is over: it cannot keep the program alive."""

    delivery: Delivery
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._work, name=logs.QUIET, daemon=True)

    def _work(self) -> None:
        try:
            self.delivery.send()
            self.delivery.problem = ""
        except DeliveryError as error:
            self.delivery.problem = str(error)
        except Exception as error:  # nobody knows what a foreign text holds
            self.delivery.problem = type(error).__name__


def attempt(deliveries: Sequence[Delivery], seconds: float) -> list[Delivery]:
    """Delivers everything at once, waits at most so long, and returns what could not be delivered."""
    attempts = [_Attempt(delivery) for delivery in deliveries]
    until = time.monotonic() + seconds
    for each in attempts:
        each.delivery.problem = f"no answer within {seconds:.0f} seconds"
        try:
            each.thread.start()
        except RuntimeError as error:  # "can't start new thread"
            each.delivery.problem = str(error)
    for each in attempts:
        if each.thread.ident is not None:
            each.thread.join(max(0.0, until - time.monotonic()))
    return [each.delivery for each in attempts if each.delivery.problem]


def deliver(deliveries: Sequence[Delivery], seconds: float) -> None:
    """Delivers everything at once in at most so many seconds; warns of each failure, and counts it."""
    failed = attempt(deliveries, seconds)
    for delivery in failed:
        logger.warning(
            "%s could not be delivered to %s: %s. The run itself is not touched by that; `doctor` looks closer.",
            *(delivery.what, delivery.where, delivery.problem),
            extra={"event": "notify.failed"},
        )
    if failed:
        _count(len(failed))


def _count(failures: int) -> None:
    try:
        with store.opened():
            # Its models can be imported when Django is ready, and that is seen to here.
            record = import_module("django_rclone_sidecar.history.writer")
            record.count(record.NOTIFY_FAILURES, by=failures)
    except Interrupted:
        raise
    except Exception as error:  # whoever writes the run down says so aloud
        logger.debug("%s", error)
