"""Queries of the history: the newest tasks and the counters. Called inside ``reader.opened()``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from django_rclone_sidecar.history.models import Counter, TaskRecord
from django_rclone_sidecar.report import Outcome


@dataclass(frozen=True, slots=True)
class LastTasks:
    """The newest task of each database, command and outcome."""

    found: Mapping[tuple[str, str, str], TaskRecord]

    @staticmethod
    def read() -> LastTasks:
        """Reads them, with one query."""
        # A row is replaced when its task ends: the highest id is the one that ended last.
        newest = TaskRecord.objects.values("database", "run__command", "outcome").annotate(newest=Max("id")).order_by()
        tasks = TaskRecord.objects.filter(id__in=[row["newest"] for row in newest]).select_related("run")
        return LastTasks({(task.database, task.run.command, task.outcome): task for task in tasks})

    def last(
        self, database: str, commands: tuple[str, ...], outcomes: tuple[Outcome, ...] = tuple(Outcome)
    ) -> TaskRecord | None:
        """Returns the newest task with one of these outcomes."""
        fits = [
            task
            for (alias, command, outcome), task in self.found.items()
            if alias == database and command in commands and outcome in outcomes
        ]
        return max(fits, key=lambda task: task.id, default=None)


def last_verified() -> dict[tuple[str, str], datetime]:
    """Returns when the last successful verification of each database and level has ended."""
    succeeded = TaskRecord.objects.filter(run__command="verify", outcome=Outcome.SUCCESS)
    newest = succeeded.values("database", "run__level").annotate(newest=Max("finished_at")).order_by()
    return {(row["database"], row["run__level"]): row["newest"] for row in newest if row["newest"]}


def counters() -> dict[tuple[str, str, str], int]:
    """Returns the counters by name, database and label, as sums over the engines that a database has had."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for name, database, label, value in Counter.objects.values_list("name", "database", "label", "value"):
        found[name, database, label] += value
    return found
