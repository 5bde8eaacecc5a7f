"""The result of a drill, as a verification record holds it. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_rclone.display import one_line

RESTORE = "restore"
"""The step that a real restore consists of."""
_MOST_SENTENCES = {"differences": 40, "notes": 10}
_LONGEST_SENTENCE = 250
_LONGEST_STEP = 1e11
"""Seconds, about the longest timedelta."""


@dataclass(frozen=True, slots=True)
class DrillResult:
    """The result of one drill."""

    where: str
    """The scratch database."""
    server_version: str
    """Version of its server."""
    steps: Mapping[str, float]
    """Seconds of each step that was carried out, by name."""
    tables: int = 0
    """Number of tables or collections that were compared."""
    rows: int = 0
    """Number of their rows in the backup."""
    assertions: int = 0
    """Number of assertions that hold."""
    equal: bool = False
    """Whether what was restored equals the backup."""
    differences: tuple[str, ...] = ()
    """How it differs; a record has the first 40 sentences."""
    notes: tuple[str, ...] = ()
    """What was not compared, and what differs without being a failure."""

    @property
    def recovery_seconds(self) -> float | None:
        """Duration of the restore; None if it failed."""
        return self.steps.get(RESTORE)

    def to_document(self) -> dict[str, Any]:
        """Returns the form for a JSON document, limited in size."""
        document = dataclasses.asdict(self)
        for name, most in _MOST_SENTENCES.items():
            document[name] = [one_line(sentence)[:_LONGEST_SENTENCE] for sentence in document[name][:most]]
        return document


def from_document(document: Any) -> DrillResult:
    """Returns the result in a JSON document, without fields that are unknown. Raises TypeError, ValueError or KeyError
    if a value has another type."""
    known = {entry.name for entry in dataclasses.fields(DrillResult)}
    values = {key: value for key, value in document.items() if key in known}
    values["steps"] = {_checked(name, str): _seconds(value) for name, value in values["steps"].items()}
    for name in _MOST_SENTENCES:
        values[name] = tuple(_checked(sentence, str) for sentence in _checked(values.get(name, []), list))
    found = DrillResult(**values)
    kinds = {"where": str, "server_version": str, "tables": int, "rows": int, "assertions": int, "equal": bool}
    for name, kind in kinds.items():
        _checked(getattr(found, name), kind)
    return found


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not of type {kind.__name__}")
    return value


def _seconds(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < _LONGEST_STEP:
        raise ValueError("seconds out of bounds")
    return float(value)
