"""Finds the statements that were being executed when an event was traced."""

from __future__ import annotations

from collections.abc import Iterator

from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Location


def executed_statement(stack: tuple[Location, ...]) -> Statement | None:
    """Returns the statement of a module, or of a class in it, that was being executed."""
    found = None
    for location in reversed(stack):
        if found is None and location.function != "<module>":
            return None
        inner = _at(location)
        if inner is None or (found is not None and not (inner.in_class and found.kind == "ClassDef")):
            break
        found = inner
    return found


def _at(location: Location) -> Statement | None:
    statements = TRACE.by_file.get((location.file, location.namespace), ())
    covering = [statement for statement in statements if statement.first <= location.line <= statement.last]
    return min(covering, key=lambda statement: (statement.last - statement.first, -statement.index), default=None)


def enclosing_statements(stack: tuple[Location, ...]) -> Iterator[Statement]:
    """Yields the statement at each location of a stack; inside a function, the ``def`` statement."""
    for location in stack:
        if (statement := _at(location)) is not None:
            yield statement
