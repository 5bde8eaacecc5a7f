"""Would somebody be told of a failure? Nothing is sent to people, and no heartbeat, unless that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.doctor.finding import Finding, fail, ok
from django_rclone_sidecar.notifications import apprise, http, message
from django_rclone_sidecar.notifications.delivery import Delivery, attempt

_MISTYPED = "Apprise does not understand it, and nobody is told there. See docs/notifications.md for examples."


def notifications(sidecar: Sidecar) -> Iterator[Finding]:
    """Whether each URL is understood."""
    urls = sidecar.environment.get("BACKUP_NOTIFY_URLS")
    if not urls:
        yield ok("notifications", message="BACKUP_NOTIFY_URLS is not set: nobody is told of failures")
        return
    for number, url in enumerate(urls, 1):
        service = apprise.parse_url(url)
        where = apprise.shown(number, url, service)
        if service is None:
            yield fail("notifications", message=f"{where}: {_MISTYPED}")
        else:
            yield ok("notifications", message=f"{where} is understood; `doctor --notify` sends a test message")


def test_message(sidecar: Sidecar) -> Iterator[Finding]:
    """Whether each of the services takes a message."""
    told = message.test(apprise.message_context(sidecar.environment))
    sent = list(apprise.deliveries(sidecar.environment, told))
    if not sent:
        yield fail("notifications", message="BACKUP_NOTIFY_URLS is not set: there is nobody to send a test message to.")
    attempt(sent, apprise.SECONDS)
    for delivery in sent:
        if delivery.problem:
            yield fail("notifications", message=f"{delivery.where}: {delivery.problem}. Check the URL.")
        else:
            yield ok("notifications", message=f"{delivery.where} took a test message")


def heartbeat(sidecar: Sidecar) -> Iterator[Finding]:
    """Whether its server is there; which answer it gives to others than a ping does not matter."""
    url = sidecar.environment.get("BACKUP_HEARTBEAT_URL")
    if not url:
        yield ok("heartbeat", message="off: BACKUP_HEARTBEAT_URL is not set")
        return

    def ask() -> None:
        try:
            http.send(http.root(url), "HEAD")
        except http.HttpStatusError:
            return

    yield _reached("heartbeat", "BACKUP_HEARTBEAT_URL", http.shown(url), ask, "its server answers; it was not pinged")


def pushgateway(sidecar: Sidecar) -> Iterator[Finding]:
    """Whether it is ready."""
    url = sidecar.environment.get("BACKUP_PUSHGATEWAY_URL")
    if not url:
        yield ok("pushgateway", message="off: BACKUP_PUSHGATEWAY_URL is not set")
        return
    ask = partial(http.send, http.below(url, "-/ready"))
    yield _reached("pushgateway", "BACKUP_PUSHGATEWAY_URL", http.shown(url), ask, "it is ready")


def _reached(check: str, variable: str, where: str, ask: Callable[[], None], good: str) -> Finding:
    for missed in attempt([Delivery(check, where, ask)], http.SECONDS):
        return fail(check, message=f"{where}: {missed.problem}. Check {variable}, and the way there.")
    return ok(check, message=f"{where}: {good}")
