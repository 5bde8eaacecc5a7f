"""Parsers and options that several commands share."""

from __future__ import annotations

from argparse import ArgumentParser

from django_rclone.management import options


def parser(command: str, description: str | None = None) -> ArgumentParser:
    """Returns the parser of a command. Abbreviated options are errors."""
    return ArgumentParser(f"django-rclone {command}", description=description, allow_abbrev=False)


def add_databases(parser: ArgumentParser, help_text: str = "Only this database; can be given several times.") -> None:
    """Adds ``-d ALIAS``, which can be given several times."""
    parser.add_argument("-d", "--database", action="append", type=options.text, metavar="ALIAS", help=help_text)


def add_json(parser: ArgumentParser, what: str) -> None:
    """Adds ``--json``."""
    parser.add_argument("--json", action="store_true", help=f"Print {what}.")


def add_allow_deletes(parser: ArgumentParser) -> None:
    """Adds ``--allow-deletes``, for backups of media files."""
    parser.add_argument(
        "--allow-deletes",
        action="store_true",
        help="Go on when most files of the media mirror, but not all, are missing from the folder. They are deleted "
        "from the mirror.",
    )
