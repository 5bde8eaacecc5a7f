"""The facts that programs/probe.py prints about a database file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django_rclone.db.base import Facts


@dataclass(frozen=True, slots=True)
class Live:
    """The live database file, as far as a dump or a restore needs to know."""

    exists: bool = True
    path: str = ""
    """Links followed; empty where the probe did not say."""
    writable: bool = False
    damaged: str = ""
    """SQLite's error where the file is damaged."""
    journal_mode: str = ""
    """``wal`` or ``rollback``; empty where the file has no header."""
    page_size: int = 0
    schema: Sequence[tuple[str, str]] = ()
    """The statements that ``.dump`` runs again, each with the name of the table that it creates or an empty string."""


def parse(output: str) -> Facts:
    """Returns the facts in the probe's output."""
    found: dict[str, Any] = json.loads(output)
    return Facts(
        server_version=found["library"],
        size=found["size"],
        tables=found.get("tables", {}),
        migrations=found.get("migrations", {}),
        details={
            "live": Live(
                exists=found["exists"],
                path=found["path"],
                writable=found.get("writable", False),
                damaged=found.get("damaged", ""),
                journal_mode=found.get("journal_mode", ""),
                page_size=found.get("page_size", 0),
                schema=[(table, sql) for table, sql in found.get("schema", ())],
            )
        },
    )


def live(facts: Facts) -> Live:
    """Returns the details of the facts."""
    found = facts.details["live"]
    assert isinstance(found, Live)
    return found
