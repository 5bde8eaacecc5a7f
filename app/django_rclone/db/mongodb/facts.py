"""The facts about a database and its server that a dump or a restore needs."""

from __future__ import annotations

from dataclasses import dataclass

from django_rclone.db.base import Facts


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore of the database that is running, or that died."""

    alive: bool
    swapping: bool
    """Whether it has begun to replace collections."""
    described: str
    """A sentence for users."""


@dataclass(frozen=True, slots=True)
class LiveDatabase:
    """The live database and its server. Fields have the names that the probe prints."""

    sharded: bool
    others: tuple[str, ...]
    """Views, time series and the server's own collections."""
    foreign: tuple[str, ...]
    """Collections of users with names that begin with the prefix of a restore's collections."""
    renames_dots: bool
    """Whether the server renames collections with a dot in their names."""
    bypasses_validation: bool
    """Whether the role may write documents that violate a collection's validation rules."""
    lacking_to_restore: tuple[str, ...]
    """Actions that a restore needs and that the role certainly lacks."""
    restore: Restore | None
    staged: tuple[str, ...]
    """Staged collections of restores."""


def live(facts: Facts) -> LiveDatabase:
    """Returns the details of the facts."""
    found = facts.details["live"]
    assert isinstance(found, LiveDatabase)
    return found
