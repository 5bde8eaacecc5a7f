"""Reads the facts that sql/probe.sql prints about a database and its server."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django_rclone.db.base import Facts
from django_rclone.db.postgresql.facts import (
    ConfigurationTable,
    ExtensionRows,
    LiveDatabase,
    OpenSession,
    Schema,
    SearchPathSchema,
)


def parse(output: str) -> Facts:
    """Returns the facts in the probe's output: several JSON objects that together are one."""
    decoder = json.JSONDecoder()
    found: dict[str, Any] = {}
    rest = output.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        found.update(document)
        rest = rest[end:].lstrip()
    return Facts(
        server_version=str(found["version"]).partition(" ")[0],
        size=found["size"],
        clock=datetime.fromisoformat(found["clock"]),
        tables={_readable(name): count for name, count in found.pop("tables").items()},
        migrations={_readable(app): _readable(name) for app, name in found.pop("migrations", {}).items()},
        details={"live": _live(found)},
    )


def _readable(name: str) -> str:
    """Returns a name with bytes that are not UTF-8 (of a database without an encoding) escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def _live(found: Mapping[str, Any]) -> LiveDatabase:
    values: dict[str, Any] = {
        field.name: found[field.name] for field in dataclasses.fields(LiveDatabase) if field.name in found
    }
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    values["staying"] = frozenset((type_, schema, name) for type_, schema, name in values["staying"])
    for name, kind in (("schemas", Schema), ("sessions", OpenSession), ("search_path", SearchPathSchema)):
        values[name] = tuple(kind(**_tuples(row)) for row in values[name])
    values["extension_rows"] = tuple(ExtensionRows(**_tuples(row)) for row in values.get("extension_rows", ()))
    values["configuration"] = tuple(
        ConfigurationTable(schema, name, tuple(lacking), comment)
        for schema, name, lacking, comment in values["configuration"]
    )
    return LiveDatabase(**values)


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
