"""Faults that were mended, put back by name: the hunter must find each (see test_mutations.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

MUTATIONS: Mapping[str, Callable[[], None]] = {}


def apply(name: str) -> None:
    """Puts a fault back into this process; an empty name is none."""
    if name:
        MUTATIONS[name]()
