"""The values of the chart, read with their comments: what README.md and values.schema.json are made of.

A value's comment stands right above it. A line ``@schema {…}`` in it adds to the value's schema. A line
``@section Title`` in a comment of its own begins a table of the README.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "helm" / "django-rclone"
VALUES = CHART / "values.yaml"

_SCHEMA = "@schema "
_SECTION = "@section "


@dataclass(frozen=True, slots=True)
class Value:
    """One value, or a group of them."""

    path: tuple[str, ...]
    meaning: str
    default: Any
    section: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    """Addition of its comment to the schema."""
    children: tuple["Value", ...] = ()
    """Those of a group: a mapping whose keys are explained one by one."""

    def leaves(self) -> Iterator["Value"]:
        """Values that users set: this value, or those of the group."""
        if self.children:
            for child in self.children:
                yield from child.leaves()
        else:
            yield self


def read(text: str) -> list[Value]:
    """The values of a file, in its order. Raises ValueError for a value without a comment."""
    lines = text.splitlines()
    return list(_values(yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text), (), lines))


def _values(node: Any, default: Mapping[str, Any], above: tuple[str, ...], lines: list[str]) -> Iterator[Value]:
    for key, inner in node.value:
        path = (*above, key.value)
        comment = _comment(lines, key.start_mark.line)
        value = default[key.value]
        children: tuple[Value, ...] = ()
        if _is_group(inner, lines):
            children = tuple(_values(inner, value, path, lines))
        meaning = " ".join(line for line in comment if not line.startswith("@"))
        if not meaning and not children:
            raise ValueError(f"{'.'.join(path)} has no comment in values.yaml.")
        schema = [yaml.safe_load(line.removeprefix(_SCHEMA)) for line in comment if line.startswith(_SCHEMA)]
        yield Value(path, meaning, value, _section(lines, key.start_mark.line), schema[0] if schema else {}, children)


def _is_group(node: Any, lines: list[str]) -> bool:
    """Tells a mapping whose keys are explained one by one from one that is a value as a whole."""
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        return False
    return any(_comment(lines, key.start_mark.line) or _is_group(inner, lines) for key, inner in node.value)


def _comment(lines: list[str], row: int) -> list[str]:
    found = []
    for line in reversed(lines[:row]):
        if not line.strip().startswith("#"):
            break
        found.append(line.strip().removeprefix("#").strip())
    return found[::-1]


def _section(lines: list[str], row: int) -> str:
    marks = (line.removeprefix(f"# {_SECTION}") for line in reversed(lines[:row]) if line.startswith(f"# {_SECTION}"))
    return next(marks, "")
