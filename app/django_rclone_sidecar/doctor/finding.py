"""The result of a check."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from django_rclone.exceptions import DjangoRcloneError, Interrupted


class Level(StrEnum):
    """Severity of a finding."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: the check, its level, and a message that says what to do."""

    check: str
    level: Level
    message: str

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.check}: {self.message}"

    def document(self) -> dict[str, str]:
        """Returns the finding as a JSON object."""
        return dataclasses.asdict(self)


ok = partial(Finding, level=Level.OK)
warn = partial(Finding, level=Level.WARN)
fail = partial(Finding, level=Level.FAIL)


def run_check[T](name: str, check: Callable[[T], Iterator[Finding]], subject: T) -> Iterator[Finding]:
    """Yields the findings of a check. An exception is a finding too, so later checks still run."""
    try:
        yield from check(subject)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        yield fail(name, message=str(error))
