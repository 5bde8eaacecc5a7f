"""Whether this process is fit to serve, and whether there is something to tell. Each answer is a problem, or none."""

from __future__ import annotations

from django_rclone_sidecar.monitoring.state import OverallState
from django_rclone_sidecar.scheduler import liveness


def stopped(age: float | None) -> str:
    """Returns what is wrong with the loop that last ticked ``age`` seconds ago; None: there is none here."""
    if age is None or age <= liveness.FRESH:
        return ""
    return f"The schedule has stood still for {age:.0f} seconds."


def unready(state: OverallState) -> str:
    """Returns why there is nothing to tell yet."""
    return "" if state.databases else "The databases are not known yet: the first look at them has not ended."
