"""Errors for failed programs, which name the database that they are about."""

from __future__ import annotations

from django_rclone.command import Explanation
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed

NOTHING_CHANGED = "Nothing was changed."


def for_database(alias: str, explain: Explanation) -> Explanation:
    """Returns an explanation with the database's alias in front of the messages of ``explain``."""

    def explain_with_alias(failure: ProgramFailed) -> DjangoRcloneError:
        error = explain(failure)
        return type(error)(f'Database "{alias}": {error}')

    return explain_with_alias
