"""Traces the environment variables that the target reads and sets.

An unknown value is stored in a variable as a string with a taint marker, and is traced when it is read: one unknown
variable does not taint the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Taint
from django_rclone_sidecar.target_project.settings_loader.unknowns.markers import new_marker
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import Stub, taint_of

SET_BY_CONTAINER = frozenset(["HOME", "USER", "LOGNAME", "USERNAME", "HOSTNAME", "PWD", "SERVER_SOFTWARE"])
"""Variables that each container, or the program in it, sets itself."""

_environ_class: Any = type(os.environ)
_real_get, _real_set, _real_iter = _environ_class.__getitem__, _environ_class.__setitem__, _environ_class.__iter__


def install() -> None:
    """Replaces the methods of ``os.environ`` with traced ones."""
    _environ_class.__getitem__, _environ_class.__setitem__, _environ_class.__iter__ = _get, _set, _iter


def taint_variables(variables: Iterable[str], taint: Taint, *, overwrite: bool) -> None:
    """Makes variables unknown; variables that are set only with ``overwrite``."""
    for name in variables:
        if overwrite or name not in os.environ:
            _real_set(os.environ, name, new_marker(taint))


def _get(self: Any, key: Any) -> Any:
    if type(key) is Stub:
        TRACE.record("decision", key._stub_taint)
        return Stub(key._stub_taint.extended("[…]"))
    try:
        value = _real_get(self, key)
    except KeyError:
        TRACE.record_variable(key, missing=True)
        raise
    TRACE.record_variable(key, missing=False)
    if (taint := taint_of(value)) is not None:
        TRACE.record("decision", taint)
    if key in SET_BY_CONTAINER:
        TRACE.record_machine_read(f"the variable {key}")
    return value


def _set(self: Any, key: Any, value: Any) -> None:
    if (taint := taint_of(key)) is not None:
        TRACE.record("fill", taint)
    else:
        _real_set(self, key, new_marker(value._stub_taint) if type(value) is Stub else value)


def _iter(self: Any) -> Iterator[Any]:
    TRACE.record_variable("", missing=True)
    return _real_iter(self)  # type: ignore[no-any-return]
