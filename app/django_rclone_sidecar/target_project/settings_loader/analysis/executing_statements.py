"""Finds the statements that were being executed at the places of an event."""

from __future__ import annotations

from collections.abc import Iterator

from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Place


def statement_of(places: tuple[Place, ...]) -> Statement | None:
    """Returns the statement of a module, or of a class in it, that was being executed."""
    found = None
    for place in reversed(places):
        if found is None and place.function != "<module>":
            return None
        inner = _at(place)
        if inner is None or (found is not None and not (inner.in_class and found.kind == "ClassDef")):
            break
        found = inner
    return found


def _at(place: Place) -> Statement | None:
    beside = RECORD.by_file.get((place.file, place.namespace), ())
    covering = [statement for statement in beside if statement.first <= place.line <= statement.last]
    return min(covering, key=lambda statement: (statement.last - statement.first, -statement.index), default=None)


def functions_at(places: tuple[Place, ...]) -> Iterator[Statement]:
    """Gives the statements at all places; one in a function is the function's own."""
    for place in places:
        if (statement := _at(place)) is not None:
            yield statement
