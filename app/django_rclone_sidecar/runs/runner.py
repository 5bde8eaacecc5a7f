"""Runs: the tasks of each, and their observers (history, notifications, metrics), which cannot affect the run."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django_rclone import batch
from django_rclone.exceptions import DjangoRcloneError, Interrupted, Locked, VerificationFailed
from django_rclone.layout import backup_ids
from django_rclone.process.interrupts import raise_if_interrupted
from django_rclone_sidecar import logs
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.report import (
    AlreadyLogged,
    BackupMade,
    Outcome,
    Report,
    Result,
    RunObserver,
    Task,
    UnknownArgument,
)
from django_rclone_sidecar.runs import observers

logger = logging.getLogger(__name__)


def run_each(command: str, tasks: Sequence[Task]) -> None:
    """Runs every task, also after a failure. Logs each failure, then raises AlreadyLogged."""

    def log_failure(task: Task, error: DjangoRcloneError) -> None:
        where = {"database": task.database} if task.database else {}
        logger.error("%s", error, extra={"event": f"{command}.failed", **where})

    try:
        decisive = VerificationFailed if command == "verify" else None
        batch.run_each(tasks, lambda task: task.work(), log_failure, what="parts of this run", decisive=decisive)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        if len(tasks) > 1:
            logger.error("%s", error, extra={"event": f"{command}.ended"})
        raise AlreadyLogged(error) from error


@dataclass(slots=True)
class TaskRunner:
    """Runs the tasks of one run, and notifies its observers."""

    report: Report
    observers: Sequence[RunObserver] = ()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def run_tasks(self, tasks: Sequence[Task]) -> None:
        """Runs every task, as ``run_each`` does, and notifies the observers of the start and the end.

        The caller holds the lock until then: a run that has no end in the history while the lock is free was killed.
        """
        now = self.clock()
        results = [Result(task.database, task.engine, now) for task in tasks]
        self.report.results[:] = results
        observers.notify(self.observers, lambda observer: observer.run_started(self.report))
        raise_if_interrupted()
        try:
            run_each(self.report.command, [self._reported(*pair) for pair in zip(tasks, results, strict=True)])
        except BaseException as error:
            self.end_run(error)
            raise
        self.end_run(None)

    def _reported(self, task: Task, result: Result) -> Task:
        """Returns the task with a report of its outcome in ``result``."""

        def work() -> None:
            result.started_at = self.clock()
            try:
                made = task.work()
            except Exception as error:
                self._end_task(result, Outcome.FAILURE, error)
                raise
            if isinstance(made, BackupMade):
                result.manifest, result.anomaly = made.manifest, made.anomaly
            self._end_task(result, Outcome.SUCCESS)
            raise_if_interrupted()

        return replace(task, work=work)

    def _end_task(self, result: Result, outcome: Outcome, error: BaseException | None = None) -> None:
        result.outcome, result.finished_at, result.error = outcome, self.clock(), logs.masked(str(error or ""))
        observers.notify(self.observers, lambda observer: observer.task_ended(self.report, result))

    def end_run(self, error: BaseException | None) -> None:
        """Reports the end of the run. Tasks that have not ended count as failed."""
        self.report.finished_at = self.clock()
        self.report.exit_code = 0 if error is None else getattr(error, "exit_code", DjangoRcloneError.exit_code)
        self.report.error = logs.masked(str(error or ""))
        for result in self.report.results:
            if result.outcome is Outcome.RUNNING:
                self._end_task(result, Outcome.FAILURE, error)
        observers.notify_run_ended(self.observers, self.report)


@contextmanager
def run(command: str, environment: Environment, *, observed: bool = True) -> Iterator[TaskRunner]:
    """Yields the runner of a run's tasks.

    An error before the first task is reported as a failed run, unless the run did not get the lock or has an unknown
    argument.
    """
    runner = TaskRunner(Report(backup_ids.new_id(random.SystemRandom()), command, datetime.now(UTC)))
    if observed:
        runner.observers = observers.configured(environment)
    try:
        yield runner
    except (Locked, UnknownArgument):
        raise
    except BaseException as error:
        if runner.report.finished_at is None:
            runner.end_run(error)
        raise
