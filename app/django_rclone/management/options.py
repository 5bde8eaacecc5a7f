"""Options that both command lines share. Pure."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Mapping
from typing import Any

from django_rclone.layout.verification_paths import LEVELS, Level

_EMPTY = "is empty: is a shell variable not set? Omit the option, or give it a value"


def text(value: str) -> str:
    """Returns an option's value. Raises ArgumentTypeError if it is blank: an unset shell variable must not select the
    default."""
    if not value.strip():
        raise ArgumentTypeError(_EMPTY)
    return value


def add_databases(parser: ArgumentParser, help_text: str) -> None:
    """Adds ``-d ALIAS``, which can be given several times."""
    help_text += " Can be given several times."
    parser.add_argument("-d", "--database", action="append", type=text, metavar="ALIAS", help=help_text)


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
        help="If there is no good backup, restore the newest one without a manifest (made by django-rclone 0.4).",
    )
    parser.add_argument(
        "--terminate-sessions",
        action="store_true",
        help="End other sessions that use the database before it is replaced.",
    )
    parser.add_argument(
        "--in-place",
        action="store_true",
        help="MySQL and MariaDB: overwrite the live tables, for roles that cannot create a staging schema. The backup "
        "is verified first; a failure after that leaves the database partly restored.",
    )


def add_dry_run(parser: ArgumentParser) -> None:
    """Adds ``--dry-run``, for restores."""
    parser.add_argument("--dry-run", action="store_true", help="Print the plan and change nothing.")


def add_allow_empty(parser: ArgumentParser) -> None:
    """Adds ``--allow-empty``, for backups of media files."""
    parser.add_argument(
        "--allow-empty",
        action="store_true",
        help="Continue when the media folder is empty and the mirror is not. This deletes the mirror's files.",
    )


def add_allow_deletes(parser: ArgumentParser) -> None:
    """Adds ``--allow-deletes``, for backups of media files."""
    parser.add_argument(
        "--allow-deletes",
        action="store_true",
        help="Continue when most, but not all, of the mirror's files are missing from the media folder. They are "
        "deleted from the mirror.",
    )


def add_listing_options(parser: ArgumentParser) -> None:
    """Adds the options of a list of backups."""
    parser.add_argument("-d", "--database", type=text, metavar="ALIAS", help="List only backups of this database.")
    parser.add_argument("--media", action="store_true", help="List the files in the media mirror instead.")
    parser.add_argument("--json", action="store_true", help="Print one JSON array.")


def add_prune_options(parser: ArgumentParser) -> None:
    """Adds the options of pruning: ``--dry-run`` and ``--force``."""
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="Show for each backup whether it is kept or removed, and why. Remove nothing.",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="Remove backups even if they are more than half of a database's, or if its newest backup is unusual.",
    )


def add_verification_options(parser: ArgumentParser, list_command: str) -> None:
    """Adds the options that choose what to verify, and how."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--latest", action="store_true", help="Verify the newest good backup of each database (the default)."
    )
    choice.add_argument("--all", action="store_true", help="Verify all backups of each database.")
    choice.add_argument("--id", type=text, help=f"Verify the backup with this id, as shown by `{list_command}`.")
    choice.add_argument(
        "--report",
        action="store_true",
        help="Verify nothing: print all recorded verifications and their results as a page in Markdown, or as JSON.",
    )
    parser.add_argument(
        "--level",
        choices=[level.value for level in LEVELS],
        metavar="LEVEL",
        default=Level.READ.value,
        help="hash: read the whole object, and compare its length and SHA-256 with the manifest. read (the default): "
        "also read it with the database's client to its end. drill: restore it into a scratch database, compare that "
        "with the backup, and drop it.",
    )


def empty_option_problem(options: Mapping[str, Any], names: Iterable[str]) -> str:
    """Returns the problem of options that bypassed the parser (``call_command``); empty if they are valid."""
    for name in names:
        given = options.get(name)
        for value in given if isinstance(given, list | tuple) else (given,):
            if isinstance(value, str) and not value.strip():
                return f"--{name.replace('_', '-')} {_EMPTY}."
    return ""
