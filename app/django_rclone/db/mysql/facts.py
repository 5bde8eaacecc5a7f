"""The facts that programs/probe.py prints about a schema and its server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django_rclone.db.base import Facts
from django_rclone.db.mysql import grants as mysql_grants
from django_rclone.db.mysql.clients import flavour_of, numbers
from django_rclone.db.mysql.grants import Grants
from django_rclone.db.mysql.names import quote_name
from django_rclone.db.mysql.table_rewrites import CLIENT_LIMIT

SNAPSHOTS = frozenset({"InnoDB", "RocksDB", "TokuDB", "ROCKSDB"})
"""The storage engines with consistent reads."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or in MariaDB a sequence."""

    type: str
    """As information_schema has it: ``BASE TABLE``, ``SYSTEM VERSIONED``, ``SEQUENCE``."""
    engine: str
    rows: int
    """Estimated."""
    bytes: int


@dataclass(frozen=True, slots=True)
class Session:
    """Another session that uses the schema."""

    id: int
    account: str
    host: str
    command: str
    seconds: int

    @property
    def described(self) -> str:
        """The session as users recognise it."""
        host = f" from {self.host}" if self.host else ""
        return f"id {self.id} of {self.account}{host}: {self.command} for {self.seconds} s"


@dataclass(frozen=True, slots=True)
class Leftover:
    """The scratch schema of an earlier restore."""

    name: str
    state: str
    """The state in its journal; empty where it has none."""
    age: int
    """Seconds since the state was written."""


@dataclass(frozen=True, slots=True)
class InexactColumn:
    """A column with values that a dump does not hold exactly, or that could not be read in time."""

    name: str
    kind: str
    """``float`` or ``text``."""
    sure: bool
    """Whether such values were found."""


@dataclass(frozen=True, slots=True)
class Live:
    """A schema and its server, as far as a dump or a restore needs to know. Definers are as in CURRENT_USER()."""

    version: str
    user: str
    charset: str
    collation: str
    log_bin: bool
    trusts_creators: bool
    read_only: bool
    tables: Mapping[str, Table] = field(default_factory=dict)
    """By name; sequences are among them."""
    binary: frozenset[str] = frozenset()
    """Tables with columns that a dump writes in hexadecimal."""
    views: Mapping[str, str] = field(default_factory=dict)
    """Definer by name, in an order in which they can be created."""
    triggers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Table and definer by name."""
    routines: tuple[tuple[str, str, str], ...] = ()
    """Type, name and definer."""
    events: Mapping[str, str] = field(default_factory=dict)
    """Definer by name."""
    referrers: tuple[str, ...] = ()
    """Foreign keys of other schemas that refer to this one, as sentences."""
    sessions: tuple[Session, ...] = ()
    schemas: Mapping[str, int] = field(default_factory=dict)
    """The number of visible tables and views in each schema."""
    grants: tuple[str, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    locked: bool = False
    """Whether a restore of this schema runs now."""
    max_packet: int = CLIENT_LIMIT
    """The longest statement that the server takes, in bytes."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The variables of a new session."""
    sets_restricted: bool = True
    """Whether the role may set restricted session variables in MySQL."""
    hidden: tuple[str, ...] = ()
    """Routines whose definition the role may not see."""
    by_transaction: tuple[str, ...] = ()
    """Tables whose history is kept by the numbers of transactions."""
    keyless: tuple[str, ...] = ()
    """Tables without a primary key."""
    non_ascii_columns: tuple[str, ...] = ()
    """A column whose name has characters beyond ASCII, if there is one."""
    wide: tuple[str, ...] = ()
    """Tables that innodb_strict_mode may refuse to create."""
    inexact: tuple[InexactColumn, ...] = ()
    longest: Mapping[str, int] = field(default_factory=dict)
    """Bytes of the longest row as a statement, at least, by table, where it may matter."""

    @property
    def flavour(self) -> str:
        """``mysql`` or ``mariadb``."""
        return flavour_of(self.version)

    @property
    def short_version(self) -> str:
        """For instance ``9.7.4``."""
        return ".".join(str(part) for part in numbers(self.version))

    @property
    def rights(self) -> Grants:
        """The privileges of the role."""
        return mysql_grants.parse(self.grants)

    @property
    def names(self) -> Iterator[str]:
        """All names that a dump program reads and writes."""
        yield from (*self.tables, *self.views, *self.triggers, *self.events, *self.non_ascii_columns)
        yield from (name for _kind, name, _definer in self.routines)

    @property
    def without_snapshot(self) -> list[str]:
        """The tables that no snapshot covers."""
        return sorted(name for name, table in self.tables.items() if table.engine not in SNAPSHOTS)


def parse(output: str) -> Facts:
    """Returns the facts in the probe's output."""
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
    server: dict[str, Any] = {"locked": False}
    found: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in _KINDS}
    for row in rows:
        # The order of keys in an object depends on the server.
        kind = next((kind for kind in _KINDS if kind in row), "")
        if kind:
            found[kind].append(row)
        else:
            server |= row
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


_KINDS = (
    *("table", "binary", "view", "trigger", "routine", "event", "referrer", "session", "schema", "grant"),
    *(
        "leftover",
        "migration",
        "column",
        "non_ascii_columns",
        "wide",
        "keyless",
        "by_transaction",
        "inexact",
        "longest",
    ),
)
"""The kinds of documents that the probe prints, each by a key that it has."""


def _table(row: Mapping[str, Any]) -> Table:
    return Table(row["type"], row["engine"] or "", int(row["rows"] or 0), int(row["bytes"] or 0))


def _session(row: Mapping[str, Any]) -> Session:
    return Session(int(row["session"]), row["account"], row["host"] or "", row["command"], int(row["seconds"] or 0))


def creation_order(definitions: Mapping[str, str], schema: str) -> list[str]:
    """Returns the views, each after those that it uses; ``definitions`` are as information_schema gives them.

    The dump programs create placeholders first, which work in any order; but MariaDB decides when a view is created
    whether rows can be changed through it, and not with a placeholder.
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


def live(facts: Facts) -> Live:
    """Returns the details of the facts."""
    found = facts.details["live"]
    assert isinstance(found, Live)
    return found
