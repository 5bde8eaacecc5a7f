"""Delivery to external services, with a time limit. Failures are logged and counted, and do not affect the run."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django_rclone.exceptions import Interrupted
from django_rclone_sidecar import logs
from django_rclone_sidecar.history import store

logger = logging.getLogger(__name__)


class DeliveryError(Exception):
    """A delivery failed. The message holds no secrets."""


@dataclass(slots=True)
class Delivery:
    """A delivery to one service. ``send`` raises an exception if it fails."""

    what: str
    where: str
    """The service's URL without secrets."""
    send: Callable[[], object]
    problem: str = "not tried"


@dataclass(slots=True)
class _Attempt:
    """A delivery in progress. Its daemon thread is abandoned after the time limit."""

    delivery: Delivery
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._work, name=logs.DROPPED_THREADS, daemon=True)

    def _work(self) -> None:
        try:
            self.delivery.send()
            self.delivery.problem = ""
        except DeliveryError as error:
            self.delivery.problem = str(error)
        except Exception as error:  # its message may hold secrets
            self.delivery.problem = type(error).__name__


def attempt(deliveries: Sequence[Delivery], seconds: float) -> list[Delivery]:
    """Sends all deliveries in parallel, waits up to ``seconds``, and returns those that failed."""
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
    """Sends all deliveries in parallel, within ``seconds``. Logs and counts each failure."""
    failed = attempt(deliveries, seconds)
    for delivery in failed:
        logger.warning(
            "%s could not be delivered to %s: %s. The run is not affected. Run `doctor` for details.",
            *(delivery.what, delivery.where, delivery.problem),
            extra={"event": "notify.failed"},
        )
    if failed:
        _count(len(failed))


def _count(failures: int) -> None:
    try:
        with store.opened() as writer:
            writer.count(writer.NOTIFY_FAILURES, by=failures)
    except Interrupted:
        raise
    except Exception as error:  # logged by the history recorder
        logger.debug("%s", error)
