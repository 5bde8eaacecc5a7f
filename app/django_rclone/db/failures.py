"""Errors for failed programs, which name the database that they are about."""

from __future__ import annotations

from django_rclone.command import Explanation
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed

NOTHING_CHANGED = "Nothing was changed."
CHOOSE_ANOTHER = "Choose another one."
"""Advice for a restore of a damaged backup."""


def for_database(alias: str, explain: Explanation) -> Explanation:
    """Returns an explanation with the database's alias in front of the messages of ``explain``."""

    def explain_with_alias(failure: ProgramFailed) -> DjangoRcloneError:
        error = explain(failure)
        return type(error)(f'Database "{alias}": {error}')

    return explain_with_alias


def damage(alias: str, error: DjangoRcloneError) -> str:
    """Returns the cause of an error about a damaged backup, without the alias and the advice for a restore."""
    text = str(error).removeprefix(f'Database "{alias}": ')
    for advice in (NOTHING_CHANGED, CHOOSE_ANOTHER):
        text = text.removesuffix(advice).rstrip()
    return text.removesuffix(".")
