"""Names and values inside SQL."""

from __future__ import annotations


def quote_name(name: str) -> str:
    """Returns ``name`` as an SQL identifier."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def quote_value(value: str) -> str:
    """Returns ``value`` as an SQL string constant."""
    escaped = value.replace("'", "''")
    # Without E a backslash is a backslash wherever standard_conforming_strings is on, which is the default; with E
    # it would have to be doubled. Say which it is.
    return "E'" + escaped.replace("\\", "\\\\") + "'" if "\\" in value else f"'{escaped}'"
