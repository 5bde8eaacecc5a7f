"""A run and those who watch it: the history, notifications, metrics. Nothing that they do can harm it."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django_rclone import batch, naming
from django_rclone.exceptions import DjangoRcloneError, Interrupted, Locked
from django_rclone.manifest import Manifest
from django_rclone.process.interrupts import insist
from django_rclone_sidecar import logs
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.report import AlreadyLogged, Outcome, Report, Result, RunObserver, Task, UnknownArgument
from django_rclone_sidecar.runs import observers

logger = logging.getLogger(__name__)


def run_each(command: str, tasks: Sequence[Task]) -> None:
    """Does every task; each stands alone. The log tells of each failure, then AlreadyLogged is raised."""

    def told(task: Task, error: DjangoRcloneError) -> None:
        where = {"database": task.database} if task.database else {}
        logger.error("%s", error, extra={"event": f"{command}.failed", **where})

    try:
        batch.each(tasks, lambda task: task.work(), told, what="parts of this run")
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        if len(tasks) > 1:
            logger.error("%s", error, extra={"event": f"{command}.ended"})
        raise AlreadyLogged(error) from error


@dataclass(slots=True)
class TaskRunner:
    """Does the parts of one run, and tells its observers."""

    report: Report
    observers: Sequence[RunObserver] = ()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def each(self, parts: Sequence[Task]) -> None:
        """Does every task; each stands alone. Raises as the function ``each`` does.

        The end is told here, where the lock is still held: a run that is open while nobody holds it was killed.
        """
        now = self.clock()
        results = [Result(task.database, task.engine, now) for task in parts]
        self.report.results[:] = results
        observers.notify(self.observers, lambda observer: observer.run_started(self.report))
        insist()
        try:
            run_each(self.report.command, [self._watched(*pair) for pair in zip(parts, results, strict=True)])
        except BaseException as error:
            self.end(error)
            raise
        self.end(None)

    def _watched(self, task: Task, result: Result) -> Task:
        def work() -> None:
            result.started_at = self.clock()
            try:
                made = task.work()
            except Exception as error:
                self._end(result, Outcome.FAILURE, error)
                raise
            result.manifest = made if isinstance(made, Manifest) else None
            self._end(result, Outcome.SUCCESS)
            insist()

        return replace(task, work=work)

    def _end(self, result: Result, outcome: Outcome, error: BaseException | None = None) -> None:
        result.outcome, result.finished_at, result.error = outcome, self.clock(), logs.shown(str(error or ""))
        observers.notify(self.observers, lambda observer: observer.task_ended(self.report, result))

    def end(self, error: BaseException | None) -> None:
        """Says how the run ended, also of parts that it did not come to."""
        self.report.finished_at = self.clock()
        self.report.exit_code = 0 if error is None else getattr(error, "exit_code", DjangoRcloneError.exit_code)
        self.report.error = logs.shown(str(error or ""))
        for result in self.report.results:
            if result.outcome is Outcome.RUNNING:
                self._end(result, Outcome.FAILURE, error)
        observers.notify_run_ended(self.observers, self.report)


@contextmanager
def run(command: str, environment: Environment, *, observed: bool = True) -> Iterator[TaskRunner]:
    """Gives what does the parts of a run, and tells at its end how it went.

    A run that finds the lock held by another has not begun, nor has one whose arguments are mistyped. One that ends by
    an error before it begins has failed all the same: nobody else would say so.
    """
    made = TaskRunner(Report(naming.new_id(random.SystemRandom()), command, datetime.now(UTC)))
    if observed:
        made.observers = observers.configured(environment)
    try:
        yield made
    except (Locked, UnknownArgument):
        raise
    except BaseException as error:
        if made.report.finished_at is None:
            made.end(error)
        raise
