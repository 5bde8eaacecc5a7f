"""Filter flags (https://rclone.org/filtering/) among what users give us for rclone: they are meant for media files."""

from __future__ import annotations

import csv
from collections.abc import Mapping

# Filter flags that take a value, by whether they may be given several times; and those that take none.
LISTS = frozenset(
    (
        *("exclude", "include", "filter", "exclude-from", "include-from", "filter-from"),
        *("files-from", "files-from-raw", "files-from0", "exclude-if-present"),
    )
)
VALUES = frozenset(("min-size", "max-size", "min-age", "max-age", "max-depth", "hash-filter"))
SWITCHES = frozenset(("ignore-case",))
SHORT = {"-f": "--filter"}

NAMES = LISTS | VALUES | SWITCHES


def split(flags: tuple[str, ...], environ: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the filter flags, from the environment and from ``flags``, and the flags that filter nothing."""
    filters = [flag for name in sorted(NAMES) for flag in _from_variable(name, environ.get(variable(name)))]
    others: list[str] = []
    rest = iter(flags)
    for flag in rest:
        name, equals, value = flag.partition("=")
        name = SHORT.get(name, name)
        if name.removeprefix("--") not in NAMES or not name.startswith("--"):
            others.append(flag)
        elif equals or name.removeprefix("--") in SWITCHES:
            filters.append(f"{name}{equals}{value}")
        else:
            filters += [name, next(rest, "")]
    return tuple(filters), tuple(others)


def variable(name: str) -> str:
    """Returns the environment variable in which rclone looks for a flag."""
    return "RCLONE_" + name.replace("-", "_").upper()


def _from_variable(name: str, value: str | None) -> list[str]:
    """Returns a variable as flags. Several values of one flag are written as CSV, as rclone reads them from there
    (https://rclone.org/docs/#environment-variables)."""
    if not value:
        return []
    values = next(csv.reader([value])) if name in LISTS else [value]
    return [f"--{name}={each}" for each in values]
