"""Writing of runs to the history. Each function is called inside ``store.opened()``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db.models import F

from django_rclone.clocks import AHEAD
from django_rclone_sidecar.history.models import Counter, DatabaseRecord, RunRecord, StoredBackups, TaskRecord
from django_rclone_sidecar.report import Outcome, Report, Result

_KEPT = 1000
"""Runs that are kept; counters include all."""

RUNS = "runs"
"""The counter of ended tasks. Its label is command, level of a verification, and outcome: ``backup success``, ``verify
read failure``."""

NOTIFY_FAILURES = "notify_failures"

_KILLED = "The run was killed."


def run_started(report: Report) -> None:
    run = _run(report)
    for result in report.results:
        _task(run, result).save()


def task_ended(report: Report, result: Result) -> None:
    _end(_run(report), result)


def run_ended(report: Report) -> None:
    run = _run(report)
    if not report.results:  # it failed before its databases were known: it failed for all of them
        for database, engine in _affected(report.command):
            failed = Result(database, engine, report.started_at, Outcome.FAILURE)
            failed.finished_at, failed.error = report.finished_at, report.error
            _end(run, failed)
    _close(run, report)
    for oldest in RunRecord.objects.order_by("-started_at")[_KEPT:]:
        oldest.delete()


def _affected(command: str) -> Iterable[tuple[str, str]]:
    """Returns the databases of a run that failed before it knew them."""
    return [("", "")] if command.startswith("media-") else DatabaseRecord.objects.values_list("alias", "engine")


def failing_before(databases: set[str], command: str, before: datetime) -> set[str]:
    """Returns the databases whose last run before ``before`` failed."""
    found = set()
    last_run = RunRecord.objects.filter(command=command, started_at__lt=before, finished_at__isnull=False).order_by(
        "-started_at"
    )
    newest = last_run.first()
    if newest is not None and newest.exit_code != 0 and not newest.tasks.exists():
        return databases  # it failed before its databases were known
    for database in databases:
        tasks = TaskRecord.objects.filter(
            **_equal(database=database), run__command=command, started_at__lt=before, finished_at__isnull=False
        )
        last = tasks.order_by("-started_at").first()
        if last is not None and last.outcome == Outcome.FAILURE:
            found.add(database)
    return found


def last_good(database: str) -> datetime | None:
    """Returns when the newest good backup of a database was finished, as far as the history knows."""
    moments = list(StoredBackups.objects.filter(**_equal(alias=database)).values_list("newest_finished_at", flat=True))
    tasks = TaskRecord.objects.filter(
        **_equal(database=database), run__command__in=("backup", "media-backup"), outcome=Outcome.SUCCESS
    )
    moments += tasks.order_by("-finished_at").values_list("finished_at", flat=True)[:1]
    now = datetime.now(UTC)
    return max((moment for moment in moments if moment and moment - now <= AHEAD), default=None)


def close_killed_runs(now: datetime) -> list[Report]:
    """Closes all open runs and returns them. The caller holds the lock, so none of them is still running."""
    dead = []
    for run in RunRecord.objects.filter(finished_at__isnull=True).order_by("started_at"):
        report = Report(run.id, run.command, run.started_at, finished_at=now, exit_code=137, error=_KILLED)
        report.level = run.level
        for task in run.tasks.all():
            result = Result(
                task.database, task.engine, task.started_at, Outcome(task.outcome), task.finished_at, task.error
            )
            if result.outcome is Outcome.RUNNING:
                result.outcome, result.finished_at, result.error = Outcome.FAILURE, now, _KILLED
                _end(run, result)
            report.results.append(result)
        _close(run, report)
        dead.append(report)
    return dead


def count(name: str, *, database: str = "", engine: str = "", label: str = "", by: int = 1) -> None:
    """Increments a counter."""
    columns = {"name": name, "database": database, "engine": engine, "label": label}
    counter = Counter.objects.filter(**_equal(**columns)).first() or Counter.objects.create(**columns)
    Counter.objects.filter(pk=counter.pk).update(value=F("value") + by)


def _equal(**columns: str) -> dict[str, list[str]]:
    """Returns the condition that columns have these values, which may be empty.

    For a comparison with an empty string, Django loads the backend of the database ``default``: the project's, whose
    driver is not installed here.
    """
    return {f"{name}__in": [value] for name, value in columns.items()}


def _run(report: Report) -> RunRecord:
    defaults = {"command": report.command, "level": report.level, "started_at": report.started_at, "error": ""}
    return RunRecord.objects.get_or_create(id=report.id, defaults=defaults)[0]


def _close(run: RunRecord, report: Report) -> None:
    run.finished_at, run.exit_code, run.error = report.finished_at, report.exit_code, report.error
    run.save()


def _task(run: RunRecord, result: Result) -> TaskRecord:
    manifest = result.manifest
    return TaskRecord(
        run=run,
        database=result.database,
        engine=result.engine,
        outcome=result.outcome,
        started_at=result.started_at,
        finished_at=result.finished_at,
        error=result.error,
        size=manifest.bytes if manifest else None,
        raw_size=manifest.objects[0].raw_bytes if manifest else None,
    )


def _end(run: RunRecord, result: Result) -> None:
    TaskRecord.objects.filter(run=run, **_equal(database=result.database)).delete()
    _task(run, result).save()
    label = " ".join(word for word in (run.command, run.level, result.outcome) if word)
    count(RUNS, database=result.database, engine=result.engine, label=label)
