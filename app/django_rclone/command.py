"""Description of a program to run. ``process`` starts it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django_rclone.exceptions import DjangoRcloneError, ProgramFailed

type Explanation = Callable[[ProgramFailed], DjangoRcloneError]


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown. In ``argv`` it is passed by file descriptor, in ``env`` unchanged.

    ``flag`` precedes the descriptor's name in the same argument, for instance ``--defaults-file=``.
    """

    value: str = field(repr=False)
    flag: str = ""

    def __str__(self) -> str:
        return f"{self.flag}***"


@dataclass(frozen=True, slots=True)
class Attached:
    """Content that the program reads from an inherited descriptor; the argument becomes ``/dev/fd/N``.

    ``flag`` precedes the descriptor's name in the same argument.
    """

    content: bytes = field(repr=False)
    name: str = "attached"
    flag: str = ""

    def __str__(self) -> str:
        return f"{self.flag}<{self.name}>"


def _unchanged(failure: ProgramFailed) -> DjangoRcloneError:
    return failure


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run. Its repr and its ``str`` hide secrets.

    ``env`` is added to the variables that the program inherits: those that ``inherit`` names (a trailing ``*``
    matches any ending) and the few that every program gets. ``explain`` converts the program's failure into the
    error that users read. ``is_loader`` is True for a program that loads a dump, or checks it as a load would: the
    stall limit does not apply to it, because it may move no bytes for a long time (an index build), and a signal does
    not end it during its commit. ``install`` is the advice to show if the program is missing.
    ``hide`` has further secrets to mask in the program's output, such as those in attached content. ``succeeded``
    takes the program's stderr and returns whether exit code 0 means success, where the code alone is not enough.
    ``progress`` takes a line of stderr and returns the progress that it shows, or None; without ``progress``, every
    line counts as activity.
    """

    argv: tuple[str | Secret | Attached, ...]
    env: Mapping[str, str | Secret] = field(default_factory=dict, repr=False)
    inherit: tuple[str, ...] = ()
    explain: Explanation = field(default=_unchanged, repr=False, compare=False)
    is_loader: bool = False
    install: str = field(default="", repr=False, compare=False)
    hide: tuple[Secret, ...] = field(default=(), repr=False)
    succeeded: Callable[[str], bool] | None = field(default=None, repr=False, compare=False)
    progress: Callable[[str], object] | None = field(default=None, repr=False, compare=False)

    @property
    def program(self) -> str:
        """The program's name without its folder."""
        return str(self.argv[0]).rsplit("/", 1)[-1]

    def __str__(self) -> str:
        return " ".join(shlex.quote(part) if isinstance(part, str) else str(part) for part in self.argv)
