"""BACKUP_PUSHGATEWAY_URL: metrics of the last run of each database, for runs that are too short to scrape."""

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
"""Time limit for all pushes of a run together."""

JOB = "django_rclone"


@dataclass(frozen=True, slots=True)
class Pusher:
    """Observer that pushes gauges after a run, in one group per database.

    It adds to a group: gauges that a run does not set, such as the last success after a failure, are kept.
    """

    environment: Environment

    def run_started(self, report: Report) -> None:
        """Does nothing: there is nothing to push at the start."""

    def task_ended(self, report: Report, result: Result) -> None:
        """Does nothing: nothing is pushed per task."""

    def run_ended(self, report: Report) -> None:
        groups = {result.database: (result, values(report.command, result)) for result in report.results}
        groups = {database: group for database, group in groups.items() if group[1]}
        if groups:
            url = self.environment.get("BACKUP_PUSHGATEWAY_URL")
            deliver([Delivery("Metrics", http.address(url), partial(self._push, url, groups))], SECONDS)

    def _push(self, url: str, groups: Mapping[str, tuple[Result, Mapping[str, float]]]) -> None:
        for database, (result, gauges) in groups.items():
            registry = CollectorRegistry()
            for name, value in gauges.items():
                # The engine is not part of the key: a group of an earlier engine would stay forever.
                labels = {"engine": result.engine} if database else {}
                gauge = Gauge(metrics.PREFIX + name, metrics.METRICS[name].help, list(labels), registry=registry)
                (gauge.labels(**labels) if labels else gauge).set(value)
            key = {"project": build.project_name(self.environment), "database": database}
            stable = {name: value for name, value in key.items() if value}
            pushadd_to_gateway(url, JOB, registry, stable, http.SECONDS, _handler)


def values(command: str, result: Result) -> dict[str, float]:
    """Returns the metrics of one task, by name without the prefix."""
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
        found["backup_size_anomaly"] = bool(result.anomaly)
    return found


def _handler(
    url: str, method: str, timeout: float | None, headers: list[tuple[str, str]], data: bytes
) -> Callable[[], None]:
    """Returns the client library's sender, which supports name and password in the URL and never shows them."""
    return lambda: http.send(url, method, data, dict(headers), timeout or http.SECONDS)
