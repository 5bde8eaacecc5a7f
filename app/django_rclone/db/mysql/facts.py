"""The facts about a schema and its server that a dump or a restore needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django_rclone.db.mysql import grants as mysql_grants
from django_rclone.db.mysql.clients import flavour_of, numbers
from django_rclone.db.mysql.grants import Grants
from django_rclone.db.mysql.table_rewrites import CLIENT_LIMIT

if TYPE_CHECKING:
    from django_rclone.db.base import Facts

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
    """The live schema and its server. Definers are written as CURRENT_USER() returns them."""

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
    """Tables whose history is kept by transaction ids."""
    keyless: tuple[str, ...] = ()
    """Tables without a primary key."""
    non_ascii_columns: tuple[str, ...] = ()
    """A column whose name has characters beyond ASCII, if there is one."""
    wide: tuple[str, ...] = ()
    """Tables that innodb_strict_mode may refuse to create."""
    inexact: tuple[InexactColumn, ...] = ()
    longest: Mapping[str, int] = field(default_factory=dict)
    """The least size in bytes of a table's longest row as a statement, for tables where it may matter."""

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


def live(facts: Facts) -> Live:
    """Returns the details of the facts."""
    found = facts.details["live"]
    assert isinstance(found, Live)
    return found
