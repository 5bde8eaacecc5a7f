"""A program to run, described and not yet started."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django_rclone.exceptions import DjangoRcloneError, ProgramFailed

type Explanation = Callable[[ProgramFailed], DjangoRcloneError]


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown. In ``argv`` it travels by file descriptor, in ``env`` as it is.

    ``flag`` stands before the descriptor's name in the same argument, for instance ``--defaults-file=``.
    """

    value: str = field(repr=False)
    flag: str = ""

    def __str__(self) -> str:
        return f"{self.flag}***"


@dataclass(frozen=True, slots=True)
class Attached:
    """Content that the program reads from an inherited descriptor; the argument becomes ``/dev/fd/N``.

    ``flag`` stands before the descriptor's name in the same argument.
    """

    content: bytes = field(repr=False)
    name: str = "attached"
    flag: str = ""

    def __str__(self) -> str:
        return f"{self.flag}<{self.name}>"


def _as_it_is(failure: ProgramFailed) -> DjangoRcloneError:
    return failure


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run. Its repr and its ``str`` hide secrets.

    ``env`` is set for the program on top of the names of our own environment that ``inherit`` lists (a
    trailing ``*`` stands for any ending) and of the few that every program may see. ``explain`` turns the
    program's failure into the error that people read. ``may_stall`` is False for a client that may rightly
    move no bytes for long (an index build): the stall clock does not run while we wait for it.
    ``install`` tells what to do when the program is not there. ``hide`` are secrets that the program knows from what
    is attached, or from elsewhere: they too are masked in what it says. ``believe`` tells from what the program said
    whether its end with 0 means success, where that alone does not. ``progress`` returns how far the program is by a
    line of its stderr, or None where a line tells nothing; without it each line is a sign that something moves.
    """

    argv: tuple[str | Secret | Attached, ...]
    env: Mapping[str, str | Secret] = field(default_factory=dict, repr=False)
    inherit: tuple[str, ...] = ()
    explain: Explanation = field(default=_as_it_is, repr=False, compare=False)
    may_stall: bool = True
    install: str = field(default="", repr=False, compare=False)
    hide: tuple[Secret, ...] = field(default=(), repr=False)
    believe: Callable[[str], bool] | None = field(default=None, repr=False, compare=False)
    progress: Callable[[str], object] | None = field(default=None, repr=False, compare=False)

    @property
    def program(self) -> str:
        """The program's name as people know it, without its folder."""
        return str(self.argv[0]).rsplit("/", 1)[-1]

    def __str__(self) -> str:
        return " ".join(shlex.quote(part) if isinstance(part, str) else str(part) for part in self.argv)
