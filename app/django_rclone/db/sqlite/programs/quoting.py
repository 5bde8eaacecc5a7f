"""Quoting of names in the SQL of SQLite."""

from __future__ import annotations


def quote_name(name: str) -> str:
    """Returns ``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
