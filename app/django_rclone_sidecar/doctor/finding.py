"""What a check says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from django_rclone.exceptions import DjangoRcloneError, Interrupted


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and in the message what to do about it."""

    check: str
    level: Level
    message: str

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.check}: {self.message}"

    def document(self) -> dict[str, str]:
        """Returns the finding as JSON has it."""
        return dataclasses.asdict(self)


ok = partial(Finding, level=Level.OK)
warn = partial(Finding, level=Level.WARN)
fail = partial(Finding, level=Level.FAIL)


def safely[T](name: str, check: Callable[[T], Iterator[Finding]], subject: T) -> Iterator[Finding]:
    """Gives what a check finds. What it raises is a finding too, and the checks after it go on."""
    try:
        yield from check(subject)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        yield fail(name, message=str(error))
