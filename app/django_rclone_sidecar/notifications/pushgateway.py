"""BACKUP_PUSHGATEWAY_URL: what the last run of each database did, for a Prometheus that cannot scrape a short run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry, Gauge, pushadd_to_gateway

from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.monitoring import metrics
from django_rclone_sidecar.notifications import http
from django_rclone_sidecar.notifications.delivery import Delivery, deliver
from django_rclone_sidecar.report import Outcome, Report, Result
from django_rclone_sidecar.settings import build

SECONDS = 10.0
"""How long all pushes of a run may take together."""

JOB = "django_rclone"


@dataclass(frozen=True, slots=True)
class Pusher:
    """Pushes gauges after a run, a group for each database.

    It adds to a group: what a run does not know, such as the time of a success after a failure, stays as it was.
    """

    environment: Environment

    def run_started(self, report: Report) -> None:
        """There is nothing to push yet."""

    def task_ended(self, report: Report, result: Result) -> None:
        """One push for each database, when all is over."""

    def run_ended(self, report: Report) -> None:
        groups = {result.database: (result, values(report.command, result)) for result in report.results}
        groups = {database: group for database, group in groups.items() if group[1]}
        if groups:
            url = self.environment.get("BACKUP_PUSHGATEWAY_URL")
            deliver([Delivery("Metrics", http.shown(url), partial(self._push, url, groups))], SECONDS)

    def _push(self, url: str, groups: Mapping[str, tuple[Result, Mapping[str, float]]]) -> None:
        for database, (result, gauges) in groups.items():
            registry = CollectorRegistry()
            for name, value in gauges.items():
                # The engine is no part of the key: a group of another engine would stay behind for ever.
                labels = {"engine": result.engine} if database else {}
                gauge = Gauge(metrics.PREFIX + name, metrics.METRICS[name].help, list(labels), registry=registry)
                (gauge.labels(**labels) if labels else gauge).set(value)
            key = {"project": build.name(self.environment), "database": database}
            stable = {name: value for name, value in key.items() if value}
            pushadd_to_gateway(url, JOB, registry, stable, http.SECONDS, _handler)


def values(command: str, result: Result) -> dict[str, float]:
    """Returns what a part of a run has to tell, by the metric's name without the prefix."""
    succeeded = result.outcome is Outcome.SUCCESS and result.finished_at is not None
    finished = result.finished_at or result.started_at
    if command == "restore":
        seconds = (finished - result.started_at).total_seconds()
        return {"restore_last_duration_seconds": seconds} if succeeded and result.database else {}
    if command not in ("backup", "media-backup"):
        return {}
    if not result.database:
        return {"media_last_success_timestamp_seconds": finished.timestamp()} if succeeded else {}
    found = {"backup_last_attempt_timestamp_seconds": result.started_at.timestamp()}
    if succeeded:
        found["backup_last_success_timestamp_seconds"] = finished.timestamp()
    if succeeded and (made := result.manifest) is not None:
        found["backup_last_success_timestamp_seconds"] = made.finished_at.timestamp()
        found["backup_last_duration_seconds"] = (made.finished_at - made.started_at).total_seconds()
        found["backup_last_size_bytes"] = made.bytes
        found["backup_last_raw_size_bytes"] = made.objects[0].raw_bytes or 0
    return found


def _handler(
    url: str, method: str, timeout: float | None, headers: list[tuple[str, str]], data: bytes
) -> Callable[[], None]:
    """Returns what the client library sends by: name and password in the URL are understood, and shown nowhere."""
    return lambda: http.send(url, method, data, dict(headers), timeout or http.SECONDS)
