"""Reads the facts that programs/probe.py prints about a schema and its server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from django_rclone.db.mysql.facts import InexactColumn, Leftover, Live, Session, Table
from django_rclone.db.mysql.quoting import quote_name
from django_rclone.db.mysql.table_rewrites import CLIENT_LIMIT

if TYPE_CHECKING:
    from django_rclone.db.base import Facts


def parse(output: str) -> Facts:
    """Returns the facts in the probe's output."""
    from django_rclone.db.base import Facts  # noqa: PLC0415 - the programs that call parse_rows do not need it

    rows = [json.loads(line) for line in output.splitlines()]
    state, migrations = parse_rows(rows)
    clock = next((row["clock"] for row in rows if row.get("clock")), "")
    size = sum(table.bytes * (2 if name in state.binary else 1) for name, table in state.tables.items())
    return Facts(
        server_version=state.version.partition(" ")[0],
        size=size,
        tables={name: table.rows for name, table in state.tables.items()},
        migrations=migrations,
        clock=datetime.fromisoformat(clock) if clock else None,
        details={"live": state},
    )


def parse_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[Live, dict[str, str]]:
    """Returns the facts in the probe's documents, and the newest migrations."""
    server, found = _grouped(rows)
    views = {row["view"]: row for row in found["view"]}
    order = creation_order({name: str(row["definition"] or "") for name, row in views.items()}, server["name"])
    state = Live(
        version=server["version"],
        user=server["user"],
        charset=server["charset"],
        collation=server["collation"],
        log_bin=bool(server["log_bin"]),
        trusts_creators=bool(server["trusts_creators"]),
        read_only=bool(server["read_only"]),
        locked=bool(server["locked"]),
        tables={row["table"]: _table(row) for row in found["table"]},
        binary=frozenset(row["binary"] for row in found["binary"]),
        views={name: views[name]["definer"] for name in order},
        triggers={row["trigger"]: (row["on"], row["definer"]) for row in found["trigger"]},
        routines=tuple((row["type"], row["routine"], row["definer"]) for row in found["routine"]),
        events={row["event"]: row["definer"] for row in found["event"]},
        referrers=tuple(f"{row['of_schema']}.{row['referrer']} to {row['refers_to']}" for row in found["referrer"]),
        sessions=tuple(_session(row) for row in found["session"]),
        schemas={row["schema"]: int(row["objects"]) for row in found["schema"]},
        grants=tuple(row["grant"] for row in found["grant"]),
        leftovers=tuple(Leftover(row["leftover"], row["state"], int(row["age"])) for row in found["leftover"]),
        max_packet=int(server.get("max_packet") or CLIENT_LIMIT),
        variables=server.get("variables", {}),
        sets_restricted=bool(server.get("sets_restricted", True)),
        hidden=tuple(row["routine"] for row in found["routine"] if row.get("hidden")),
        by_transaction=tuple(row["by_transaction"] for row in found["by_transaction"]),
        keyless=tuple(row["keyless"] for row in found["keyless"]),
        non_ascii_columns=tuple(row["non_ascii_columns"] for row in found["non_ascii_columns"]),
        wide=tuple(row["wide"] for row in found["wide"]),
        inexact=tuple(InexactColumn(row["inexact"], row["kind"], bool(row["sure"])) for row in found["inexact"]),
        longest={row["longest"]: int(row["size"]) for row in found["longest"]},
    )
    return state, {row["app"]: row["migration"] for row in found["migration"]}


def _grouped(
    rows: Iterable[Mapping[str, Any]],
) -> tuple[dict[str, Any], dict[str, list[Mapping[str, Any]]]]:
    """Returns the facts about the server, and the documents of each kind."""
    server: dict[str, Any] = {"locked": False}
    found: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in _KINDS}
    for row in rows:
        # The order of keys in an object depends on the server.
        kind = next((kind for kind in _KINDS if kind in row), "")
        if kind:
            found[kind].append(row)
        else:
            server |= row
    return server, found


_KINDS = (
    *("table", "binary", "view", "trigger", "routine", "event", "referrer", "session", "schema", "grant", "leftover"),
    *("migration", "column", "non_ascii_columns", "wide", "keyless", "by_transaction", "inexact", "longest"),
)
"""The kinds of documents that the probe prints, each by a key that it has."""


def _table(row: Mapping[str, Any]) -> Table:
    return Table(row["type"], row["engine"] or "", int(row["rows"] or 0), int(row["bytes"] or 0))


def _session(row: Mapping[str, Any]) -> Session:
    return Session(int(row["session"]), row["account"], row["host"] or "", row["command"], int(row["seconds"] or 0))


def creation_order(definitions: Mapping[str, str], schema: str) -> list[str]:
    """Returns the views, each after those that it uses; ``definitions`` are those of information_schema.

    The dump programs create placeholders first, which work in any order; but MariaDB decides when a view is created
    whether rows can be changed through it, and for a view on a placeholder they cannot.
    """
    spelled = {name: quote_name(schema, name) for name in definitions}
    graph = {
        name: sorted(other for other, spelling in spelled.items() if other != name and spelling in definition)
        for name, definition in sorted(definitions.items())
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError:  # a string that looks like a name: use the order of the dump programs
        return sorted(definitions)
