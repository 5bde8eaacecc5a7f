"""Makes ``os.path`` functions return stubs for stubs.

Otherwise a stub would become a string in the first ``os.path.join``, and operations on strings are not traced.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import Stub

_PATH_FUNCTIONS = ("join", "abspath", "realpath", "normpath", "dirname", "expanduser")


def install() -> None:
    """Makes functions of ``os.path`` accept stubs, and ``os.makedirs`` ignore them."""
    for name in _PATH_FUNCTIONS:
        setattr(os.path, name, _stub_aware(name, getattr(os.path, name)))
    os.makedirs = _skip_stubs(os.makedirs)


def _stub_aware(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def function(*args: Any, **kwargs: Any) -> Any:
        first = next((arg for arg in args if type(arg) is Stub), None)
        if first is None:
            return real(*args, **kwargs)
        return Stub(first._stub_taint.extended(f" in os.path.{name}()"))

    return function


def _skip_stubs(real: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(real)
    def function(name: Any, *args: Any, **kwargs: Any) -> None:
        if type(name) is not Stub:
            real(name, *args, **kwargs)

    return function
