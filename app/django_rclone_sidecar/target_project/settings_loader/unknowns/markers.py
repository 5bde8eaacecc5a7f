"""Taint markers: a string that was made from a stub contains one, also after most string operations."""

from __future__ import annotations

from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Location, Taint

_PREFIXES = {False: "zzstubvalue", True: "qxunknownvalue"}
"""By ``TRACE.flip_decisions``: different length and sort order, so that decisions by these differ too."""
_CUT_MARKER = Taint("a string", "", Location("", 0, "", ""))


def new_marker(taint: Taint) -> str:
    """Returns a new string that marks something unknown."""
    marker = f"{_PREFIXES[TRACE.flip_decisions]}{len(TRACE.markers):x}z"
    TRACE.markers[marker] = taint
    return marker


def taint_of_string(text: str) -> Taint | None:
    """Returns the taint of a string with a marker, in upper or lower case; None if it has none."""
    lowered = text.lower()
    if _PREFIXES[TRACE.flip_decisions] not in lowered:
        return None
    return next((taint for marker, taint in TRACE.markers.items() if marker in lowered), _CUT_MARKER)
