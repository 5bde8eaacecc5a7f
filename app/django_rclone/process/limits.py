"""Time limits of streams."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_LIMIT = 100 * 365 * 86400
"""The longest duration that a setting may have, a century, in seconds: a date plus a duration must be a valid date."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Longest duration of a stream (``timeout``) and of a stall (``stall``), in seconds; None: no limit."""

    timeout: float | None = None
    stall: float | None = None


NO_LIMITS = Limits()
