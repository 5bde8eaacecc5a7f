"""Checks of notifications. Sends no messages and no heartbeat, except with ``--notify``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from django_rclone import see_documentation
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.doctor.finding import Finding, fail, ok
from django_rclone_sidecar.notifications import apprise, http, message
from django_rclone_sidecar.notifications.delivery import Delivery, attempt

_INVALID_URL = "Apprise does not understand this URL, so no notifications are sent to it. " + see_documentation(
    "Notifications"
)


def notifications(sidecar: Sidecar) -> Iterator[Finding]:
    """Checks that Apprise understands each URL."""
    urls = sidecar.environment.get("BACKUP_NOTIFY_URLS")
    if not urls:
        yield ok("notifications", message="BACKUP_NOTIFY_URLS is not set: no notifications of failures")
        return
    for number, url in enumerate(urls, 1):
        service = apprise.parse_url(url)
        where = apprise.describe_url(number, url, service)
        if service is None:
            yield fail("notifications", message=f"{where}: {_INVALID_URL}")
        else:
            yield ok("notifications", message=f"{where} is valid; `doctor --notify` sends a test message")


def test_message(sidecar: Sidecar) -> Iterator[Finding]:
    """Sends a test message to each service."""
    test = message.test(apprise.message_context(sidecar.environment))
    sent = list(apprise.deliveries(sidecar.environment, test))
    if not sent:
        yield fail("notifications", message="BACKUP_NOTIFY_URLS is not set: no test message was sent.")
    attempt(sent, apprise.SECONDS)
    for delivery in sent:
        if delivery.problem:
            yield fail("notifications", message=f"{delivery.where}: {delivery.problem}. Check the URL.")
        else:
            yield ok("notifications", message=f"{delivery.where} accepted a test message")


def heartbeat(sidecar: Sidecar) -> Iterator[Finding]:
    """Checks that the server of the heartbeat answers, with any status."""
    url = sidecar.environment.get("BACKUP_HEARTBEAT_URL")
    if not url:
        yield ok("heartbeat", message="off: BACKUP_HEARTBEAT_URL is not set")
        return

    def ask() -> None:
        try:
            http.send(http.root(url), "HEAD")
        except http.HttpStatusError:
            return

    yield _reached("heartbeat", "BACKUP_HEARTBEAT_URL", http.address(url), ask, "the server answers; it was not pinged")


def pushgateway(sidecar: Sidecar) -> Iterator[Finding]:
    """Checks that the Pushgateway is ready."""
    url = sidecar.environment.get("BACKUP_PUSHGATEWAY_URL")
    if not url:
        yield ok("pushgateway", message="off: BACKUP_PUSHGATEWAY_URL is not set")
        return
    ask = partial(http.send, http.append_path(url, "-/ready"))
    yield _reached("pushgateway", "BACKUP_PUSHGATEWAY_URL", http.address(url), ask, "it is ready")


def _reached(check: str, variable: str, where: str, ask: Callable[[], None], good: str) -> Finding:
    for missed in attempt([Delivery(check, where, ask)], http.SECONDS):
        return fail(check, message=f"{where}: {missed.problem}. Check {variable} and the network.")
    return ok(check, message=f"{where}: {good}")
