"""What our own programs around MySQL's clients have in common: how they are started, and how they fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from django_rclone import vocabulary
from django_rclone.command import Attached, Command, Explanation, Secret
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    Locked,
    ProgramFailed,
    Unavailable,
    VerificationFailed,
)
from django_rclone.process.interrupts import interruptible

_KINDS: dict[int, type[DjangoRcloneError]] = {
    kind.exit_code: kind for kind in (ConfigurationError, Locked, VerificationFailed, Unavailable)
}


def program(
    alias: str,
    name: str,
    *arguments: str | Secret | Attached,
    explain: Explanation | None = None,
    may_stall: bool = True,
) -> Command:
    """Describes one of our own programs. It finds this package where we did, also where manage.py arranged that."""
    return Command(
        (sys.executable, "-m", f"django_rclone.db.mysql.programs.{name}", *arguments),
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "LC_ALL": "C.UTF-8"},
        explain=explain or _what_it_said(alias),
        may_stall=may_stall,
    )


def run(work: Callable[[], None]) -> int:
    """Runs a program's work and returns its exit code; an error becomes one line on stderr."""
    try:
        with interruptible(), vocabulary.using(vocabulary.Marks()):
            work()
    except DjangoRcloneError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return error.exit_code
    return 0


def _what_it_said(alias: str) -> Explanation:
    def explain(failure: ProgramFailed) -> DjangoRcloneError:
        lines = [line for line in failure.stderr.splitlines() if line.strip()]
        if failure.returncode < 0 or not lines:
            return DjangoRcloneError(f'Database "{alias}": {failure}. The next command puts things in order.')
        return _KINDS.get(failure.returncode, DjangoRcloneError)(
            f'Database "{alias}": {vocabulary.replaced(lines[-1])}'
        )

    return explain
