"""Our own Python programs, which recipes start like any client program: their commands, and the errors they report.

A helper program that fails prints ``Kind: message`` as its last line on stderr and ends with exit code 1 (see
``entry_point``). ``Kind`` is the name of an exception class. Kinds that are classes of ``django_rclone.exceptions``
become that class again; the engine's ``errors`` module explains the others.

SQLite's programs follow the same protocol, but import only the standard library (``fingerprint`` imports the package).
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from django_rclone import setting_names
from django_rclone.command import Attached, Command, Explanation, Secret
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    Interrupted,
    Locked,
    ProgramFailed,
    Unavailable,
    VerificationFailed,
)

SCRIPT_FLAGS: tuple[str, ...] = ("-I", "-S")
"""Without site-packages (-S) Python starts in 7 ms instead of 10 ms."""
_LAUNCHER = Path(__file__).with_name("launcher.py")
_LINE = re.compile(r"(?P<kind>(?:\w+\.)?[A-Z]\w+): (?P<message>.*)")
_KINDS: dict[str, type[DjangoRcloneError]] = {
    **{
        kind.__name__: kind for kind in (ConfigurationError, DjangoRcloneError, Locked, Unavailable, VerificationFailed)
    },
    # These are about the end of a program that the helper ran; the command itself may end in another way.
    ProgramFailed.__name__: DjangoRcloneError,
    Interrupted.__name__: DjangoRcloneError,
}


def module_command(
    module: str,
    *arguments: str | Secret | Attached,
    explain: Explanation,
    is_loader: bool = False,
    hide: tuple[Secret, ...] = (),
) -> Command:
    """Returns the command that runs a module of this package. It has the import path of this process, which
    ``manage.py`` may have changed."""
    return Command(
        (sys.executable, "-P", "-m", module, *arguments),
        env={
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "LC_ALL": "C.UTF-8",
            **setting_names.for_helper_program(),
        },
        explain=explain,
        is_loader=is_loader,
        hide=hide,
    )


def script_command(path: Path, *arguments: str, explain: Explanation, is_loader: bool = False) -> Command:
    """Returns the command that runs a Python file, which can import only the standard library."""
    argv = (sys.executable, *SCRIPT_FLAGS, str(_LAUNCHER), str(path), *arguments)
    return Command(argv, explain=explain, is_loader=is_loader)


@dataclass(frozen=True, slots=True)
class ReportedError:
    """The last line of a helper program that failed."""

    kind: str
    """Empty where the line does not follow the protocol."""
    message: str
    line: str

    @property
    def error(self) -> DjangoRcloneError:
        """The error that the program reported. The message of an error of another kind is the complete line."""
        kind = _KINDS.get(self.kind)
        return kind(self.message) if kind else DjangoRcloneError(self.line)


def reported_error(failure: ProgramFailed) -> ReportedError | None:
    """Returns the error that a helper program reported; None where it was killed or printed nothing."""
    lines = [line.strip() for line in failure.stderr.splitlines() if line.strip()]
    if failure.returncode < 0 or not lines:
        return None
    line = lines[-1]
    match = _LINE.fullmatch(line)
    return ReportedError(match["kind"], match["message"], line) if match else ReportedError("", "", line)
