"""Keeps account of the environment variables that the target reads and sets.

What is not known goes into a variable as a text with a mark, and is noted where it is read: so one unknown variable
leaves the others known.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Origin
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import StandIn, marked, origin_of

MACHINE = frozenset(["HOME", "USER", "LOGNAME", "USERNAME", "HOSTNAME", "PWD", "SERVER_SOFTWARE"])
"""Variables that each container, or the program in it, sets for itself."""

_kind: Any = type(os.environ)
_get, _put, _iterate = _kind.__getitem__, _kind.__setitem__, _kind.__iter__


def install() -> None:
    """Keeps account from now on."""
    _kind.__getitem__, _kind.__setitem__, _kind.__iter__ = _read, _set, _all


def mark_unknown(variables: Iterable[str], origin: Origin, *, set_ones: bool) -> None:
    """Makes variables unknown; those that are set only if ``set_ones``."""
    for name in variables:
        if set_ones or name not in os.environ:
            _put(os.environ, name, marked(origin))


def _read(self: Any, key: Any) -> Any:
    if type(key) is StandIn:
        RECORD.note("decision", key._standin_origin)
        return StandIn(key._standin_origin.longer("[…]"))
    try:
        value = _get(self, key)
    except KeyError:
        RECORD.note_variable(key, missing=True)
        raise
    RECORD.note_variable(key, missing=False)
    if (origin := origin_of(value)) is not None:
        RECORD.note("decision", origin)
    if key in MACHINE:
        RECORD.note_machine(f"the variable {key}")
    return value


def _set(self: Any, key: Any, value: Any) -> None:
    if (origin := origin_of(key)) is not None:
        RECORD.note("fill", origin)
    else:
        _put(self, key, marked(value._standin_origin) if type(value) is StandIn else value)


def _all(self: Any) -> Iterator[Any]:
    RECORD.note_variable("", missing=True)
    return _iterate(self)  # type: ignore[no-any-return]
