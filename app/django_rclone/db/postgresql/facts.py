"""What probe.sql found out, understood."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django_rclone.db.base import Facts


@dataclass(frozen=True, slots=True)
class Live:
    """The live database and its server, as far as a dump or a restore needs to know. Names are those of the probe."""

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
    """The roles whose rights are ours too."""
    superusers: tuple[str, ...]
    databases: tuple[str, ...]
    database_settings: int
    """How many ALTER DATABASE … SET there are."""
    schemas: tuple[Mapping[str, Any], ...]
    staying: frozenset[tuple[str, str, str]]
    """Type, schema and name of what a restore by this role cannot drop, or could not make again."""
    taken_over: tuple[str, ...]
    """Tables of other roles in schemas of ours (the first 20)."""
    extensions: Mapping[str, bool]
    """Installed ones, and whether they are ours."""
    available: Mapping[str, bool]
    """What CREATE EXTENSION could install, and whether an ordinary role may."""
    configuration: tuple[tuple[str, str, list[str], str], ...]
    """Tables and sequences of extensions that a dump carries the contents of: schema, name, privileges that we lack,
    comment."""
    event_triggers: tuple[str, ...]
    casts: tuple[str, ...]
    """Casts that are not PostgreSQL's, as an archive names them."""
    servers: tuple[str, ...]
    """Foreign servers that stay."""
    publications: tuple[str, ...]
    """Publications that stay."""
    published: tuple[str, ...]
    """Members of other roles' publications, in words."""
    row_security: tuple[str, ...]
    """Tables of which row-level security may hide rows from us."""
    tablespaces: int
    relations: int
    large_objects: int
    large_object_owners: tuple[str, ...]
    """Other roles that own large objects here."""
    lock_limit: int
    sessions: tuple[Mapping[str, Any], ...]
    prepared: tuple[str, ...]
    """Prepared transactions that hold locks in this database."""
    session: Mapping[str, str]
    """Settings that this role's sessions have in this database, unlike the server's others."""
    search_path: tuple[Mapping[str, Any], ...]
    """The schemas to look in: ``schema``, whether operators of it are ``used``, and ``of_others``: the less trusted
    roles that own something in it."""
    reading: tuple[tuple[str, str, str], ...]
    """Tables whose rows cannot be loaded before another's: table, what reads, the other table."""
    restoring: bool
    """Whether another restore of this database is under way."""
    extension_rows: tuple[Mapping[str, Any], ...] = ()
    """Rows of extensions' tables that others' may need: ``extension``, ``schema``, ``name``, ``columns``, ``rows``."""
    is_vacant: bool = False
    """Whether this describes a new database instead of the live one."""

    @property
    def major(self) -> int:
        """The server's major version."""
        return self.version_num // 10000

    @property
    def short_version(self) -> str:
        """For instance ``17.4``."""
        return self.version.partition(" ")[0]

    def missing_privileges(self, schema: str, name: str) -> list[str]:
        """Returns what we lack to write an extension's table or sequence; not there means: not ours to write."""
        if self.superuser:
            return []
        for in_schema, named, lacking, _comment in self.configuration:
            if (in_schema, named) == (schema, name):
                return lacking
        return ["SELECT", "INSERT", "DELETE"]

    def vacant(self) -> Live:
        """Returns the same server with a database that was just made."""
        return dataclasses.replace(
            self,
            schemas=({"name": "public", "ours": True, "may_create": True, "of_extension": False},),
            may_create=True,
            staying=frozenset(),
            taken_over=(),
            extensions={"plpgsql": self.superuser},
            configuration=(),
            event_triggers=(),
            casts=(),
            prepared=(),
            reading=(),
            servers=(),
            publications=(),
            published=(),
            tablespaces=0,
            relations=0,
            large_objects=0,
            large_object_owners=(),
            sessions=(),
            is_vacant=True,
        )


def parse(output: str) -> Facts:
    """Returns the facts in what the probe printed: JSON objects, one after another, that belong together."""
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
        details=found,
    )


def _readable(name: str) -> str:
    """Returns a name with bytes that are no UTF-8 (of a database without an encoding) spelled out."""
    return name.encode("utf-8", "backslashreplace").decode()


def live(facts: Facts) -> Live:
    """Returns the facts' details, typed."""
    values: dict[str, Any] = {
        field.name: facts.details[field.name] for field in dataclasses.fields(Live) if field.name in facts.details
    }
    values["staying"] = frozenset((type_, schema, name) for type_, schema, name in values["staying"])
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Live(**values)
