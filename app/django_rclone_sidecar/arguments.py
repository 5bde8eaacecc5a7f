"""Parsers and options of the commands."""

from __future__ import annotations

from argparse import ArgumentParser


def create_parser(command: str, description: str | None = None) -> ArgumentParser:
    """Returns the parser of a command. Abbreviated options are errors."""
    return ArgumentParser(f"django-rclone {command}", description=description, allow_abbrev=False)


def add_json(parser: ArgumentParser, what: str) -> None:
    """Adds ``--json``."""
    parser.add_argument("--json", action="store_true", help=f"Print {what}.")
