"""Liveness and readiness. Each function returns a problem, or an empty string."""

from __future__ import annotations

from django_rclone_sidecar.monitoring.state import OverallState
from django_rclone_sidecar.scheduler import liveness


def stopped(age: float | None) -> str:
    """Returns a problem if the scheduler last reported too long ago; ``age`` is None without a scheduler."""
    if age is None or age <= liveness.FRESH:
        return ""
    return f"The scheduler has not responded for {age:.0f} seconds."


def readiness_problem(state: OverallState) -> str:
    """Returns a problem if the databases are not known yet."""
    return "" if state.databases else "The databases are not known yet: the first refresh has not ended."
