"""The order in which views can be made. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from django_rclone.db.mysql.names import quote_name


def in_order(definitions: Mapping[str, str], schema: str) -> list[str]:
    """Returns the views, each after those that it uses; ``definitions`` are as information_schema gives them.

    The dump programs make placeholders first, and so could do in any order; but MariaDB decides when a view is made
    whether rows can be changed through it, and a placeholder says no.
    """
    spelled = {name: quote_name(schema, name) for name in definitions}
    graph = {
        name: sorted(other for other, spelling in spelled.items() if other != name and spelling in definition)
        for name, definition in sorted(definitions.items())
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError:  # a text that looks like a name: then as the dump programs do it
        return sorted(definitions)
