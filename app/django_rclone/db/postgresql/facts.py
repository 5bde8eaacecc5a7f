"""The facts about a database and its server that a dump or a restore needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_rclone.db.base import Facts


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema, and the rights of this role in it."""

    name: str
    ours: bool
    """Whether this role owns it, itself or as a member of the owner."""
    may_create: bool
    of_extension: bool


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Another session of the database."""

    pid: int
    user: str
    application: str
    state: str
    age: int | None
    """Seconds since its transaction began; None outside one."""
    ours: bool

    @property
    def described(self) -> str:
        """The session as users recognise it."""
        age = f", in a transaction for {self.age} s" if self.age is not None else ""
        return f"pid {self.pid} {self.application or 'no name'} of {self.user}: {self.state}{age}"


@dataclass(frozen=True, slots=True)
class SearchPathSchema:
    """A schema of the search path."""

    schema: str
    used: bool
    """Whether views, triggers or constraints use its operators."""
    of_others: tuple[str, ...]
    """Roles, other than superusers and the database's owner, that own something in it."""


@dataclass(frozen=True, slots=True)
class ExtensionRows:
    """Rows of an extension's table that other tables' rows may need."""

    extension: str
    schema: str
    name: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ConfigurationTable:
    """A table or sequence of an extension whose contents are included in dumps."""

    schema: str
    name: str
    lacking: tuple[str, ...]
    """The privileges that this role lacks to write it."""
    comment: str


@dataclass(frozen=True, slots=True)
class LiveDatabase:
    """The live database and its server. Fields have the names that the probe prints."""

    version: str
    version_num: int
    in_recovery: bool
    encoding: str
    database: Mapping[str, Any]
    """Its row in pg_database."""
    owns_database: bool
    may_create: bool
    role: str
    superuser: bool
    createdb: bool
    bypasses_row_security: bool
    roles: tuple[str, ...]
    own_roles: tuple[str, ...]
    """The roles whose rights this role has too."""
    superusers: tuple[str, ...]
    databases: tuple[str, ...]
    database_settings: int
    """The number of settings made with ALTER DATABASE … SET."""
    schemas: tuple[Schema, ...]
    staying: frozenset[tuple[str, str, str]]
    """Type, schema and name of objects that this role cannot drop, or could not create again."""
    taken_over: tuple[str, ...]
    """Tables of other roles in this role's schemas (the first 20)."""
    extensions: Mapping[str, bool]
    """Installed extensions, and whether this role owns them."""
    available: Mapping[str, bool]
    """Extensions that can be created, and whether an ordinary role may."""
    configuration: tuple[ConfigurationTable, ...]
    event_triggers: tuple[str, ...]
    casts: tuple[str, ...]
    """User-defined casts, as an archive names them."""
    servers: tuple[str, ...]
    """Foreign servers that stay."""
    publications: tuple[str, ...]
    """Publications that stay."""
    published: tuple[str, ...]
    """Tables in other roles' publications, as sentences."""
    row_security: tuple[str, ...]
    """Tables of which row-level security may hide rows from this role."""
    tablespaces: int
    relations: int
    large_objects: int
    large_object_owners: tuple[str, ...]
    """Other roles that own large objects here."""
    lock_limit: int
    sessions: tuple[OpenSession, ...]
    prepared: tuple[str, ...]
    """Prepared transactions that hold locks in this database."""
    session: Mapping[str, str]
    """Settings of this role's sessions in this database that differ from the server's."""
    search_path: tuple[SearchPathSchema, ...]
    dependent_rows: tuple[tuple[str, str, str], ...]
    """Tables whose rows cannot be loaded before those of another: the table, its constraint or column that reads the
    other, and the other table."""
    restoring: bool
    """Whether another restore of this database is under way."""
    extension_rows: tuple[ExtensionRows, ...] = ()
    is_new_database: bool = False
    """Whether this describes a new database instead of the live one."""

    @property
    def major(self) -> int:
        """The server's major version."""
        return self.version_num // 10000

    @property
    def short_version(self) -> str:
        """Version of the server, for instance ``17.4``."""
        return self.version.partition(" ")[0]

    def missing_privileges(self, schema: str, name: str) -> list[str]:
        """Returns the privileges that this role lacks to write an extension's table or sequence; all of them if it does
        not exist."""
        if self.superuser:
            return []
        for table in self.configuration:
            if (table.schema, table.name) == (schema, name):
                return list(table.lacking)
        return ["SELECT", "INSERT", "DELETE"]

    def as_new_database(self) -> LiveDatabase:
        """Returns the facts for a database that was just created on the same server."""
        return dataclasses.replace(
            self,
            schemas=(Schema("public", ours=True, may_create=True, of_extension=False),),
            may_create=True,
            staying=frozenset(),
            taken_over=(),
            extensions={"plpgsql": self.superuser},
            configuration=(),
            event_triggers=(),
            casts=(),
            prepared=(),
            dependent_rows=(),
            servers=(),
            publications=(),
            published=(),
            tablespaces=0,
            relations=0,
            large_objects=0,
            large_object_owners=(),
            sessions=(),
            is_new_database=True,
        )


def live(facts: Facts) -> LiveDatabase:
    """Returns the details of the facts."""
    found = facts.details["live"]
    assert isinstance(found, LiveDatabase)
    return found
