"""The table of metrics, for ``/metrics``, the Pushgateway and the documentation. Pure.

The timestamp of an event that never happened is 0, so that ``time() - x > n`` is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import django_rclone
from django_rclone.layout.verification_paths import LEVELS
from django_rclone_sidecar.monitoring.state import DatabaseState, OverallState
from django_rclone_sidecar.report import Outcome

PREFIX = "django_rclone_"

DATABASE = ("database", "engine")
_OUTCOMES = (Outcome.SUCCESS, Outcome.FAILURE)

_Reading = tuple[tuple[str, ...], float]
"""The labels' values, and the value."""
_Read = Callable[[OverallState | None], Iterable[_Reading]]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. ``read`` returns its series in a state; the state is None if it is not known."""

    kind: str
    help: str
    labels: tuple[str, ...]
    read: _Read


@dataclass(frozen=True, slots=True)
class Sample:
    """One series: a metric's name without the prefix, its labels' values in the table's order, and the value."""

    name: str
    labels: tuple[str, ...]
    value: float


def _per_database(read: Callable[[DatabaseState], float]) -> _Read:
    """Returns a reader of one number per database."""

    def readings(state: OverallState | None) -> Iterator[_Reading]:
        for database in state.databases if state else ():
            yield (database.alias, database.engine), read(database)

    return readings


def _outcomes(read: Callable[[DatabaseState], Mapping[str, int]]) -> _Read:
    """Returns a reader of the number of runs per database and outcome."""

    def readings(state: OverallState | None) -> Iterator[_Reading]:
        for database in state.databases if state else ():
            for outcome in _OUTCOMES:
                yield (database.alias, database.engine, outcome), read(database).get(outcome, 0)

    return readings


def _single(read: Callable[[OverallState], float]) -> _Read:
    """Returns a reader of a single number."""
    return lambda state: [((), read(state))] if state else []


def _build_info(state: OverallState | None) -> Iterator[_Reading]:
    yield (django_rclone.__version__, (state.rclone if state else "") or "unknown"), 1


def _next_run(state: OverallState | None) -> Iterator[_Reading]:
    for database in state.databases if state else ():
        yield (database.alias, database.engine, "backup"), timestamp(database.next_run)
    if state and state.media:
        yield ("", "", "media-backup"), timestamp(state.media.next_run)
    if state and state.next_verification:
        yield ("", "", "verify"), timestamp(state.next_verification)


def _verifications(state: OverallState | None) -> Iterator[_Reading]:
    for database in state.databases if state else ():
        for level in LEVELS:
            for outcome in _OUTCOMES:
                labels = (database.alias, database.engine, level.value, outcome.value)
                yield labels, database.verifications.get((level.value, outcome.value), 0)


def _last_verified(state: OverallState | None) -> Iterator[_Reading]:
    for database in state.databases if state else ():
        for level in LEVELS:
            labels = (database.alias, database.engine, level.value)
            yield labels, timestamp(database.last_verified.get(level.value))


def timestamp(moment: datetime | None) -> float:
    """Returns a moment in seconds since 1970, 0 for None."""
    return moment.timestamp() if moment else 0.0


METRICS: Mapping[str, Metric] = {
    "build_info": Metric("gauge", "Always 1; the labels hold the versions.", ("version", "rclone"), _build_info),
    "backup_runs_total": Metric(
        "counter", "Number of ended backups.", (*DATABASE, "outcome"), _outcomes(lambda database: database.runs)
    ),
    "backup_last_attempt_timestamp_seconds": Metric(
        "gauge",
        "When the last backup was begun, whether it succeeded or not; 0 if never.",
        DATABASE,
        _per_database(lambda database: timestamp(database.last_attempt)),
    ),
    "backup_last_success_timestamp_seconds": Metric(
        "gauge",
        "When the newest good backup was finished; 0 if there is none.",
        DATABASE,
        _per_database(lambda database: timestamp(database.newest.finished_at if database.newest else None)),
    ),
    "backup_last_duration_seconds": Metric(
        "gauge",
        "Duration of the newest good backup.",
        DATABASE,
        _per_database(lambda database: database.newest.seconds if database.newest else 0),
    ),
    "backup_last_size_bytes": Metric(
        "gauge",
        "Size of the newest good backup as stored.",
        DATABASE,
        _per_database(lambda database: database.newest.size if database.newest else 0),
    ),
    "backup_last_raw_size_bytes": Metric(
        "gauge",
        "Size of the newest good backup before compression.",
        DATABASE,
        _per_database(lambda database: database.newest.raw_size if database.newest else 0),
    ),
    "backups_stored": Metric(
        "gauge", "Good backups on the remote.", DATABASE, _per_database(lambda database: database.stored)
    ),
    "backups_stored_bytes": Metric(
        "gauge",
        "Size of the good backups on the remote.",
        DATABASE,
        _per_database(lambda database: database.stored_bytes),
    ),
    "backup_overdue": Metric(
        "gauge",
        "1 if there is no good backup, or the newest is older than the schedule or BACKUP_MAX_AGE allows; else 0.",
        DATABASE,
        _per_database(lambda database: database.overdue),
    ),
    "backup_running": Metric(
        "gauge", "1 while a backup is being made, else 0.", DATABASE, _per_database(lambda database: database.running)
    ),
    "backup_size_anomaly": Metric(
        "gauge",
        "1 if the size or the row counts of the newest good backup are far from those before it, else 0.",
        DATABASE,
        _per_database(lambda database: bool(database.anomaly)),
    ),
    "verify_failed": Metric(
        "gauge",
        "1 if the newest verification of a backup failed, else 0.",
        DATABASE,
        _per_database(lambda database: database.verification is not None and not database.verification.passed),
    ),
    "next_run_timestamp_seconds": Metric(
        "gauge",
        "When the next scheduled run begins; 0 if never. Media files, if backed up, have the operation media-backup "
        "and no database. The next scheduled verification, if any, has the operation verify and no database.",
        (*DATABASE, "operation"),
        _next_run,
    ),
    "restore_runs_total": Metric(
        "counter", "Number of ended restores.", (*DATABASE, "outcome"), _outcomes(lambda database: database.restores)
    ),
    "restore_last_duration_seconds": Metric(
        "gauge",
        "Duration of the last successful restore.",
        DATABASE,
        _per_database(lambda database: database.restore_seconds),
    ),
    "verify_runs_total": Metric(
        "counter", "Number of ended verifications.", (*DATABASE, "level", "outcome"), _verifications
    ),
    "verify_last_success_timestamp_seconds": Metric(
        "gauge",
        "When a verification at this level or a higher one last succeeded; 0 if never.",
        (*DATABASE, "level"),
        _last_verified,
    ),
    "drill_last_duration_seconds": Metric(
        "gauge",
        "Recovery time: duration of the restore in the last successful drill; 0 if there is none.",
        DATABASE,
        _per_database(lambda database: database.recovery_seconds),
    ),
    "media_last_success_timestamp_seconds": Metric(
        "gauge",
        "When the media files were last backed up; 0 if never.",
        (),
        _single(lambda state: timestamp(state.media.last_success if state.media else None)),
    ),
    "notify_failures_total": Metric(
        "counter",
        "Number of notifications that could not be delivered.",
        (),
        _single(lambda state: state.notify_failures),
    ),
    "remote_up": Metric(
        "gauge",
        "1 if the remote could be reached at the last refresh, else 0.",
        (),
        _single(lambda state: state.remote_up),
    ),
}
"""By name, without the prefix."""


def samples(state: OverallState | None) -> list[Sample]:
    """Returns every series; without a state, those that do not depend on it."""
    return [
        Sample(name, labels, float(value)) for name, metric in METRICS.items() for labels, value in metric.read(state)
    ]
