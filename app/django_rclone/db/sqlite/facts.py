"""The facts about a database file that a dump or a restore needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django_rclone.db.base import Facts


@dataclass(frozen=True, slots=True)
class LiveDatabase:
    """The live database file."""

    exists: bool = True
    path: str = ""
    """With links followed; empty where the probe did not print it."""
    writable: bool = False
    damaged: str = ""
    """SQLite's error where the file is damaged."""
    journal_mode: str = ""
    """``wal`` or ``rollback``; empty where the file has no header."""
    page_size: int = 0
    schema: Sequence[tuple[str, str]] = ()
    """The statements that ``.dump`` runs again, each with the name of the table that it creates or an empty string."""


def live(facts: Facts) -> LiveDatabase:
    """Returns the details of the facts."""
    found = facts.details["live"]
    assert isinstance(found, LiveDatabase)
    return found
