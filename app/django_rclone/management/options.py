"""Options of both command lines. An option that is given must have a value. Pure."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Mapping
from typing import Any

_EMPTY = "is empty: is a shell variable not set? Leave the option out, or give it a value"


def text(value: str) -> str:
    """Type of every option with a value. Empty is an error: an unset shell variable must not mean the default."""
    if not value.strip():
        raise ArgumentTypeError(_EMPTY)
    return value


def add_restore_options(parser: ArgumentParser) -> None:
    """Adds the options of a database restore, except those that choose the backup."""
    parser.add_argument(
        "--into",
        type=text,
        metavar="NAME",
        help="Restore into a new database with this name. The live database is not changed.",
    )
    parser.add_argument(
        "--unverified",
        action="store_true",
        help="When there is no good backup, use the newest one without a manifest (made by django-rclone 0.4).",
    )
    parser.add_argument(
        "--terminate-sessions",
        action="store_true",
        help="End other sessions of the database before it is replaced.",
    )
    parser.add_argument(
        "--in-place",
        action="store_true",
        help="MySQL, MariaDB: load over the live tables, for roles that cannot create a staging schema. The backup is "
        "verified first; a failure after that leaves the database partly restored.",
    )


def add_dry_run(parser: ArgumentParser) -> None:
    """Adds ``--dry-run``, for restores."""
    parser.add_argument("--dry-run", action="store_true", help="Print the plan and change nothing.")


def empty_option_problem(options: Mapping[str, Any], names: Iterable[str]) -> str:
    """Returns the problem with options that were not parsed (``call_command``); empty if there is none."""
    for name in names:
        value = options.get(name)
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, str) and not one.strip():
                return f"--{name.replace('_', '-')} {_EMPTY}."
    return ""
