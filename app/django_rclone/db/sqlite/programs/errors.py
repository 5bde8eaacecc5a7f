"""Errors of the SQLite programs, and the line on stderr that reports one (see ``helper_programs``)."""

from __future__ import annotations


class ConfigurationError(Exception):
    """The request cannot work; the message says what to change."""


class Damaged(Exception):
    """The backup is not a complete database."""


class Unavailable(Exception):
    """Other processes have used the database for longer than WAIT."""


def error_line(error: Exception) -> str:
    """Returns the line that reports an error: SQLite's name of it, or that of its class, and its message."""
    return f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
