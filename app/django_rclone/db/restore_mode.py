"""The options of a restore, which connectors and helper programs read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mode:
    """The options of a restore that the user has chosen."""

    into: str = ""
    """Name of another database to restore into; empty: the live one."""
    terminate_sessions: bool = False
    in_place: bool = False
    """Load over the live tables where the role may not create a scratch schema: riskier, and never done by default."""
    drill: bool = False
    """``into`` names a scratch database of a drill, which must not exist, and in which nothing may run by itself."""
