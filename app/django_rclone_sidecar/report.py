"""The report of a run: its tasks and their results. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.layout.manifest import Manifest


class AlreadyLogged(DjangoRcloneError):
    """A failure that has already been logged."""

    def __init__(self, error: DjangoRcloneError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code


class UnknownArgument(ConfigurationError):
    """An argument names something that does not exist. The run has not begun, so it is not reported as failed."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a run. ``database`` is an alias, or empty for the media files."""

    work: Callable[[], object]
    database: str = ""
    engine: str = ""


class Outcome(StrEnum):
    """Outcome of a task, as shown in metrics."""

    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class BackupMade:
    """The backup that a task made."""

    manifest: Manifest
    anomaly: str = ""
    """How it differs from earlier ones; empty if it is normal."""


@dataclass(slots=True)
class Result:
    """Result of one task. ``database`` is an alias, or empty for the media files."""

    database: str
    engine: str
    started_at: datetime
    outcome: Outcome = Outcome.RUNNING
    finished_at: datetime | None = None
    error: str = ""
    manifest: Manifest | None = None
    """Manifest of the backup that was made; None for other tasks."""
    anomaly: str = ""
    """How that backup differs from earlier ones; empty if it is normal."""

    @property
    def what(self) -> str:
        """Name of the task for messages."""
        return f'Database "{self.database}"' if self.database else "Media files"


@dataclass(slots=True)
class Report:
    """Report of one run. It has no results if the run failed before its databases were known."""

    id: str
    command: str
    started_at: datetime
    results: list[Result] = field(default_factory=list)
    finished_at: datetime | None = None
    exit_code: int | None = None
    error: str = ""
    level: str = ""
    """Level of a verification; empty for other commands."""

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results if result.outcome is Outcome.FAILURE]

    @property
    def unusual(self) -> list[Result]:
        """Results whose backup differs much from earlier ones."""
        return [result for result in self.results if result.anomaly]


class RunObserver(Protocol):
    """Observer of runs. Exceptions that it raises are logged and do not affect the run."""

    def run_started(self, report: Report) -> None:
        """The run holds the lock and begins."""

    def task_ended(self, report: Report, result: Result) -> None:
        """One task has ended."""

    def run_ended(self, report: Report) -> None:
        """The run has ended. It may not have begun, if its settings are not valid."""
