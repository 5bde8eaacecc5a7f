"""Entry point of helper programs: runs ``main`` and reports its error in the form that ``helper_programs`` reads.

Imports little: every helper program imports this module when it starts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from django_rclone import setting_names
from django_rclone.exceptions import DjangoRcloneError


def run(main: Callable[[list[str]], None]) -> int | str:
    """Runs a helper program and returns what ``sys.exit`` takes: 0, or the line that reports the error."""
    try:
        with setting_names.using(setting_names.of_caller()):
            main(sys.argv[1:])
    except (DjangoRcloneError, OSError) as error:
        kind = error.kind if isinstance(error, ForeignError) else type(error).__name__
        return f"{kind}: {' '.join(str(error).split())}"
    return 0


class ForeignError(DjangoRcloneError):
    """An error of a library that a helper program uses, reported under its name in that library."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
