"""Paths that are made of what is not known are not known either, as a whole.

Without this a stand-in would have to become a text at the first ``os.path.join``, and what becomes of a text nobody
sees.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import StandIn

_OF_PATHS = ("join", "abspath", "realpath", "normpath", "dirname", "expanduser")


def install() -> None:
    """Lets the functions of ``os.path`` go along with stand-ins, and makes no folders of unknown names."""
    for name in _OF_PATHS:
        setattr(os.path, name, _goes_along(name, getattr(os.path, name)))
    os.makedirs = _unless_unknown(os.makedirs)


def _goes_along(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def function(*args: Any, **kwargs: Any) -> Any:
        first = next((arg for arg in args if type(arg) is StandIn), None)
        if first is None:
            return real(*args, **kwargs)
        return StandIn(first._standin_origin.longer(f" in os.path.{name}()"))

    return function


def _unless_unknown(real: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(real)
    def function(name: Any, *args: Any, **kwargs: Any) -> None:
        if type(name) is not StandIn:
            real(name, *args, **kwargs)

    return function
