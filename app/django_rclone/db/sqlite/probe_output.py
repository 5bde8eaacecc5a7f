"""Reads the facts that programs/probe.py prints about a database file."""

from __future__ import annotations

import json
from typing import Any

from django_rclone.db.base import Facts
from django_rclone.db.sqlite.facts import LiveDatabase


def parse(output: str) -> Facts:
    """Returns the facts in the probe's output."""
    found: dict[str, Any] = json.loads(output)
    return Facts(
        server_version=found["library"],
        size=found["size"],
        tables=found.get("tables", {}),
        migrations=found.get("migrations", {}),
        details={
            "live": LiveDatabase(
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
