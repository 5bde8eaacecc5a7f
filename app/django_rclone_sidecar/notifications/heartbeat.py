"""BACKUP_HEARTBEAT_URL: pings a service that raises an alarm when pings stop.

Source of the convention: healthchecks.io/docs/http_api - URL/start, URL, and URL/fail with the reason as its body.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, urlencode, urlsplit

from django_rclone_sidecar import logs
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.notifications import http
from django_rclone_sidecar.notifications.delivery import Delivery, deliver
from django_rclone_sidecar.report import Report, Result

SECONDS = 5.0
"""Time limit of a ping."""

_COMMANDS = ("backup", "media-backup")

_LONGEST = 10_000
"""Characters of a reason; Healthchecks keeps 100 kB."""


_KUMA = "/api/push/"
"""In the path of Uptime Kuma's push URLs, which take the outcome in the query string.
Source: github.com/louislam/uptime-kuma, server/routers/api-router.js"""

_LONGEST_PUSH = 250
"""Characters of a reason in a URL, as many as Uptime Kuma keeps."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Observer that pings the service."""

    environment: Environment

    def run_started(self, report: Report) -> None:
        if report.command in _COMMANDS:
            self._ping("start")

    def task_ended(self, report: Report, result: Result) -> None:
        """No ping per task."""

    def run_ended(self, report: Report) -> None:
        """Pings success, or a failure if any task failed."""
        if report.command not in _COMMANDS:
            return
        if report.exit_code == 0:
            self._ping()
        else:
            self._ping("fail", _reasons(report))

    def _ping(self, what: str = "", body: str = "") -> None:
        service = self.environment.get("BACKUP_HEARTBEAT_URL")
        if _KUMA in urlsplit(service).path:
            if what != "start":  # it has no ping for the start
                self._deliver(service, partial(http.send, _push(service, body)))
            return
        url = http.append_path(service, what) if what else service
        send = (
            partial(http.send, url, "POST", body.encode(errors="replace"), {"Content-Type": "text/plain"})
            if body
            else partial(http.send, url)
        )
        self._deliver(service, send)

    def _deliver(self, service: str, send: Callable[[], object]) -> None:
        deliver([Delivery("The heartbeat", http.address(service), send)], SECONDS)


def _push(service: str, reasons: str) -> str:
    """Returns the push URL of Uptime Kuma with the outcome in its query string."""
    parts = urlsplit(service)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query |= {"status": "down", "msg": reasons[:_LONGEST_PUSH]} if reasons else {"status": "up", "msg": "OK"}
    return parts._replace(query=urlencode(query, errors="replace")).geturl()


def _reasons(report: Report) -> str:
    reasons = [result.error for result in report.failed] or [report.error]
    return logs.masked("\n".join(reasons))[:_LONGEST] or f"Ended with exit code {report.exit_code}."
