"""The facts that programs/probe.py prints about a database."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django_rclone.db.base import Facts


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore of the database that works, or that died."""

    alive: bool
    swapping: bool
    """Whether collections are being put into their places."""
    described: str
    """A sentence for people."""


@dataclass(frozen=True, slots=True)
class Live:
    """The live database and its server, as far as a dump or a restore needs to know. Names are those of the probe."""

    sharded: bool
    others: tuple[str, ...]
    """Collections that are not plain ones: views, time series and the server's own."""
    foreign: tuple[str, ...]
    """Collections with names that begin as those of a restore do."""
    renames_dots: bool
    """Whether the server renames collections with a dot in their names."""
    bypasses_validation: bool
    """Whether the role may write documents that break a collection's rules."""
    lacking_to_restore: tuple[str, ...]
    """Actions that a restore needs and that the role surely lacks."""
    restore: Restore | None
    staged: tuple[str, ...]
    """Staged collections of restores."""


def parse(output: str) -> Facts:
    """Returns the facts in the probe's output."""
    found: dict[str, Any] = json.loads(output)
    version, flavour, clock = found["version"], found["flavour"], found.get("clock", "")
    values = {field.name: found[field.name] for field in dataclasses.fields(Live)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    restore = Restore(**found["restore"]) if found["restore"] else None
    return Facts(
        server_version=f"{version} ({flavour})" if flavour else version,
        size=found["size"],
        tables=found["tables"],
        migrations=found["migrations"],
        clock=datetime.fromisoformat(clock) if clock else None,
        details={"live": Live(**{**values, "restore": restore})},
    )


def live(facts: Facts) -> Live:
    """Returns the details of the facts."""
    found = facts.details["live"]
    assert isinstance(found, Live)
    return found
