"""Quoting of names and values in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django_rclone.command import Attached


def quote_name(name: str) -> str:
    """Returns ``name`` as an SQL identifier."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def quote_value(value: str) -> str:
    """Returns ``value`` as an SQL string constant."""
    escaped = value.replace("'", "''")
    # Without E a backslash is literal only if standard_conforming_strings is on; with E it has to be doubled.
    return "E'" + escaped.replace("\\", "\\\\") + "'" if "\\" in value else f"'{escaped}'"


def psql_variables(**lists: Sequence[Any]) -> Attached:
    """Returns a script that sets psql's variables to lists in JSON. A command line has no room for thousands of
    names."""
    lines = [f"\\set {name} '{_escaped(values)}'\n" for name, values in lists.items()]
    return Attached("".join(lines).encode("utf-8", "surrogateescape"), f"lists: {', '.join(lists)}")


def _escaped(values: Sequence[Any]) -> str:
    # Without ASCII escapes, which a database whose encoding is not UTF-8 may not understand.
    return json.dumps(values, ensure_ascii=False).replace("\\", "\\\\").replace("'", "''")
