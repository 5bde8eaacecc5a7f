"""What a run tells of itself: what was asked for, and what became of each part. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.manifest import Manifest


class AlreadyLogged(DjangoRcloneError):
    """A failure of which the log has said everything already."""

    def __init__(self, error: DjangoRcloneError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code


class UnknownArgument(ConfigurationError):
    """An argument names what is not there: nothing was begun, so nothing has failed."""


@dataclass(frozen=True, slots=True)
class Task:
    """One part of a run. ``database`` is its alias, empty for the media files."""

    work: Callable[[], object]
    database: str = ""
    engine: str = ""


class Outcome(StrEnum):
    """How a part ended, as metrics name it."""

    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(slots=True)
class Result:
    """What became of one part of a run. ``database`` is its alias, empty for the media files."""

    database: str
    engine: str
    started_at: datetime
    outcome: Outcome = Outcome.RUNNING
    finished_at: datetime | None = None
    error: str = ""
    manifest: Manifest | None = None
    """Of the backup that was made; None for whatever else was done."""

    @property
    def what(self) -> str:
        """The part as people call it."""
        return f'Database "{self.database}"' if self.database else "Media files"


@dataclass(slots=True)
class Report:
    """One run. It has no results if it failed before it knew its databases."""

    id: str
    command: str
    started_at: datetime
    results: list[Result] = field(default_factory=list)
    finished_at: datetime | None = None
    exit_code: int | None = None
    error: str = ""

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results if result.outcome is Outcome.FAILURE]


class RunObserver(Protocol):
    """Somebody who is told of runs. What it raises is logged, and changes nothing for the run."""

    def run_started(self, report: Report) -> None:
        """The run holds the lock, and begins."""

    def task_ended(self, report: Report, result: Result) -> None:
        """One part has ended."""

    def run_ended(self, report: Report) -> None:
        """The run is over. It may never have begun, where its settings could not be understood."""
