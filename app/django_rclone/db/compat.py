"""Detects connectors written for django-rclone 0.4, whose methods started programs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from django_rclone.db.base import BaseConnector

# What a connector of 0.4 could override. Nothing calls these any more, so they would silently have no effect.
_REMOVED = frozenset({"extension", "_env", "_common_args", "_auth_args", "_host_port", "_enable_postgis"})
# Methods with other arguments than in 0.4, and how many they take now.
_ARGUMENTS = {"dump": 2, "restore": 5}


def differences(found: Any) -> str:
    """Returns what prevents a class from being a connector, as a clause; empty if nothing does."""
    if not (isinstance(found, type) and issubclass(found, BaseConnector)):
        return "it is not a BaseConnector"
    return ", and ".join(_differences(found))


def _differences(found: type[BaseConnector]) -> Iterator[str]:
    if missing := sorted(getattr(found, "__abstractmethods__", ())):
        yield f"it lacks {', '.join(missing)}"
    foreign_classes = [kind for kind in found.__mro__ if not kind.__module__.startswith("django_rclone.")]
    if gone := sorted(_REMOVED & {name for kind in foreign_classes for name in vars(kind)}):
        yield f"it has {', '.join(gone)}, which nothing calls any more"
    if other := [name for name, count in _ARGUMENTS.items() if not _accepts_arguments(getattr(found, name), count)]:
        yield f"{' and '.join(other)} must take the arguments of BaseConnector's"


def _accepts_arguments(method: Any, count: int) -> bool:
    try:
        inspect.signature(method).bind(*range(count))
    except TypeError:
        return False
    return True
