"""Reads the facts that programs/probe.py prints about a database and its server."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

from django_rclone.db.base import Facts
from django_rclone.db.mongodb.facts import LiveDatabase, Restore


def parse(output: str) -> Facts:
    """Returns the facts in the probe's output."""
    found: dict[str, Any] = json.loads(output)
    version, flavour, clock = found["version"], found["flavour"], found.get("clock", "")
    values = {field.name: found[field.name] for field in dataclasses.fields(LiveDatabase)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    restore = Restore(**found["restore"]) if found["restore"] else None
    return Facts(
        server_version=f"{version} ({flavour})" if flavour else version,
        size=found["size"],
        tables=found["tables"],
        migrations=found["migrations"],
        clock=datetime.fromisoformat(clock) if clock else None,
        details={"live": LiveDatabase(**{**values, "restore": restore})},
    )
