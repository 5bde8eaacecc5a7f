"""Assertions of the user: queries that a restored database must answer with an expected value.

The file is TOML (https://toml.io):

    [[assertion]]
    query = "SELECT count(*) FROM auth_user WHERE is_superuser"
    expected = 2
    database = "default"    # optional: without it, the assertion is about the database "default"
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django_rclone import process, setting_names
from django_rclone.command import Command
from django_rclone.db.base import BaseConnector
from django_rclone.display import one_line
from django_rclone.exceptions import ConfigurationError

_LARGEST_FILE = 1 << 20
_KEYS = ("query", "expected", "database")
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Assertion:
    """A query, and the text that the database's client must print for it."""

    query: str
    expected: str
    database: str = "default"


def load(path: str | os.PathLike[str]) -> list[Assertion]:
    """Returns the assertions in a file. Raises ConfigurationError if it cannot be read or has another form."""
    setting = setting_names.current().setting("DRILL_ASSERTIONS")
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{setting} {path} cannot be read: {error.strerror}.") from error
    try:
        if len(content) > _LARGEST_FILE:
            raise ValueError(f"it has more than {_LARGEST_FILE:,} bytes")
        return _parse(content.decode())
    except (ValueError, RecursionError) as error:  # also TOMLDecodeError and UnicodeDecodeError
        raise ConfigurationError(
            f"{setting} {path} cannot be used: {one_line(str(error))}. Write each assertion as [[assertion]], query = "
            '"SELECT …", expected = 1.'
        ) from error


def _parse(text: str) -> list[Assertion]:
    document = tomllib.loads(text)
    if set(document) - {"assertion"}:
        raise ValueError(f'it has an unknown key "{next(iter(set(document) - {"assertion"}))}"')
    entries = document.get("assertion")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("it has no [[assertion]]")
    return [_assertion(entry, number) for number, entry in enumerate(entries, 1)]


def _assertion(entry: dict[str, Any], number: int) -> Assertion:
    where = f"assertion {number}"
    if unknown := sorted(set(entry) - set(_KEYS)):
        raise ValueError(f'{where} has an unknown key "{unknown[0]}": it takes {", ".join(_KEYS)}')
    query, expected, database = entry.get("query"), entry.get("expected"), entry.get("database", "default")
    if not isinstance(query, str) or not query.strip() or "\0" in query:
        raise ValueError(f"{where} has no query, which must be a string")
    if type(expected) not in (str, int):
        raise ValueError(f"{where} has no expected value, which must be a string or a whole number")
    if not isinstance(database, str) or not database:
        raise ValueError(f"{where} has a database that is not an alias")
    return Assertion(query.strip(), str(expected).strip(), database)


def prepare(assertions: Sequence[Assertion], connector: BaseConnector) -> list[tuple[Assertion, Command]]:
    """Returns the commands that run the assertions about this database. Raises ConfigurationError if it has no SQL."""
    found = []
    for assertion in assertions:
        if assertion.database == connector.alias:
            command = connector.query(assertion.query)
            if command is None:
                setting = setting_names.current().setting("DRILL_ASSERTIONS")
                raise ConfigurationError(
                    f'Database "{connector.alias}" does not understand SQL: remove its assertions from {setting}.'
                )
            found.append((assertion, command))
    return found


def failures(prepared: Sequence[tuple[Assertion, Command]]) -> list[str]:
    """Runs the assertions, and returns a sentence for each that does not hold. Raises ConfigurationError for a query
    that the database does not accept."""
    found = []
    for assertion, command in prepared:
        shown = _shorten(assertion.query)
        try:
            printed = process.run(command, timeout=None).decode(errors="replace").strip()
        except ConfigurationError as error:
            reason = str(error).rstrip(".")
            raise ConfigurationError(f'{reason}: the assertion "{shown}" cannot be run. Correct it.') from error
        if printed != assertion.expected:
            found.append(f'assertion "{shown}": {_shorten(printed) or "nothing"}, expected {assertion.expected}')
    return found


def _shorten(text: str) -> str:
    line = one_line(" ".join(text.split()))
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"
