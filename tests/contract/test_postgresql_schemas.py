"""PostgreSQL schemas from public bug reports: each is backed up, changed, and restored, over itself and into another.

A file in ``postgresql_schemas`` is one schema. Its head says in comments as whom it is made (``as``: superuser or
owner), on which servers, what an administrator makes beforehand (``superuser``), what happens after the backup
(``damage``, ``before``), and a query whose answer must be the same afterwards (``probe``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from psycopg import sql

from tests.contract.project import Project, Storage
from tests.contract.subjects.postgresql import Postgresql
from tests.support.servers import PostgresServer

FOLDER = Path(__file__).with_name("postgresql_schemas")
_HEAD = re.compile(r"^-- ([a-z ]+): (.*)\n", re.MULTILINE)
# An extension that has an event trigger, as pgaudit and timescaledb have.
WATCHING = {
    "watching_ddl.control": "default_version = '1'\nrelocatable = true\n",
    "watching_ddl--1.sql": (
        "CREATE FUNCTION watch_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';\n"
        "CREATE EVENT TRIGGER watch_ddl ON ddl_command_end EXECUTE FUNCTION watch_ddl();\n"
    ),
}


@dataclass(frozen=True)
class Schema:
    """A schema to try, and what its file says of it."""

    name: str
    script: str
    head: dict[str, str] = field(repr=False)

    def named(self, key: str, database: str) -> str:
        """Returns what the head says under ``key``, with the roles of this test."""
        return self.with_roles(self.head.get(key, ""), database)

    def with_roles(self, text: str, database: str) -> str:
        for role in self.head.get("roles", "").split():
            text = re.sub(rf"(?<!:):{role}\b", f"{database}_{role}", text)
        return text


def read(path: Path) -> Schema:
    text = path.read_text()
    return Schema(path.stem, text, dict(_HEAD.findall(text)))


SCHEMAS = [read(path) for path in sorted(FOLDER.glob("*.sql"))]
TRIED = [(schema, server) for schema in SCHEMAS for server in schema.head["servers"].split()]


class Owned(Postgresql):
    """A database with a schema of a file."""

    def __init__(self, server: PostgresServer, name: str, schema: Schema) -> None:
        super().__init__(server, name)
        self.schema = schema
        self.others = [f"{name}_{role}" for role in schema.head.get("roles", "").split()]
        for role in self.others:
            server.query(f"CREATE ROLE {role}")
        if schema.head["as"] == "superuser":
            server.query(f"ALTER ROLE {self.role} SUPERUSER")
        if statements := schema.head.get("superuser"):
            server.query(statements, name)
        self.script(schema.with_roles(schema.script, name))

    def close(self) -> None:
        with self.server.connect(self.name) as connection:
            for role in self.others:
                if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).rowcount:
                    connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
        # What belonged to the role in the databases that it made goes with them.
        super().close()
        for role in self.others:
            self.server.query(f"DROP ROLE IF EXISTS {role}")

    def state(self, into: str = "") -> str:
        """What the database holds and what its probe answers."""
        found = self.fingerprint(into)
        if ignored := self.schema.head.get("ignore"):
            # The rows that the restore itself has caused.
            found = re.sub(rf"(?ms)^COPY public\.{ignored} .*?^\\\.$", "", found)
            found = re.sub(rf"(?m)^SELECT pg_catalog\.setval\('public\.{ignored}.*$", "", found)
        probe = self.schema.head.get("probe")
        if not probe:
            return found
        with self.connect(into) as connection:
            connection.execute("BEGIN")
            answer = connection.execute(probe.encode()).fetchall()
            connection.execute("ROLLBACK")
        return f"{found}\n{answer}"


@pytest.fixture(params=TRIED, ids=lambda tried: f"{tried[0].name}-{tried[1]}")
def owned(request: pytest.FixtureRequest) -> Iterator[Owned]:
    """Each schema on each of its servers in turn."""
    schema, version = request.param
    server: PostgresServer = (
        request.getfixturevalue("postgis17")
        if version == "postgis"
        else request.getfixturevalue("postgres")(int(version))
    )
    if "extension" in schema.head:
        for name, content in WATCHING.items():
            server.add_extension_file(name, content)
    with server.database() as database:
        if options := schema.head.get("createdb"):
            server.query(f"DROP DATABASE {database}")
            server.query(f"CREATE DATABASE {database} {options}")
        made = Owned(server, database, schema)
        yield made
        made.close()


# Each schema on one server.
@pytest.mark.representatives(
    "citext_meaning-17",
    "trigger_when_ltree-17",
    "missing_role_and_matview-17",
    "koi8r_names-17",
    "ddl_log_of_superuser-17",
)
def test_it_comes_back_over_itself_and_into_another(owned: Owned, local: Storage) -> None:
    project = Project({"default": owned.database}, local, owned.options)
    schema = owned.schema
    if "engine" in schema.head:
        project.databases["default"]["ENGINE"] = schema.head["engine"]
    if statements := schema.named("before", owned.name):
        project.ok("dbbackup")
        owned.server.query(statements, owned.name)
        before = owned.state()
    else:
        before = owned.state()
        project.ok("dbbackup")
    if "damage" in schema.head:
        owned.execute(schema.named("damage", owned.name))
    assert owned.fingerprint() != before
    project.ok("dbrestore", "--noinput")
    assert owned.state() == before
    if "not into" not in schema.head:
        other = owned.beside()
        project.ok("dbrestore", "--noinput", "--into", other)
        assert owned.state(other) == before


def test_a_superuser_never_runs_what_another_role_has_put_into_a_schema_that_is_open_to_all(
    postgres: Callable[[int], PostgresServer], local: Storage
) -> None:
    server = postgres(17)
    with server.database() as name:
        subject = Postgresql(server, name)
        mallory = f"{name}_mallory"
        server.query("GRANT CREATE ON SCHEMA public TO PUBLIC", name)  # as every server before 15 has it
        server.query(f'CREATE ROLE {mallory}; ALTER ROLE "{subject.role}" SUPERUSER')
        subject.execute(
            "CREATE FUNCTION fold(varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1); END';"
            "CREATE TABLE person (name varchar, folded text GENERATED ALWAYS AS (fold(name)) STORED);"
            "INSERT INTO person VALUES ('A');"
            f"SET ROLE {mallory};"
            "CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN current_user; END'"
        )
        project = Project({"default": subject.database}, local, subject.options)
        project.ok("dbbackup")
        done = project.run("dbrestore", "--noinput")
        assert done.code == 0, done.err
        assert subject.execute("SELECT folded FROM person") == [("a",)]
        subject.execute(f"DROP OWNED BY {mallory}; DROP ROLE {mallory}")
        subject.close()


def test_a_cast_of_another_role_keeps_a_superuser_from_looking_where_its_type_is(
    postgres: Callable[[int], PostgresServer], local: Storage
) -> None:
    server = postgres(17)
    with server.database() as name:
        subject = Postgresql(server, name)
        mallory = f"{name}_mallory"
        server.query(f'CREATE ROLE {mallory}; ALTER ROLE "{subject.role}" SUPERUSER')
        subject.execute(
            f"CREATE SCHEMA theirs AUTHORIZATION {mallory}; GRANT ALL ON SCHEMA public TO {mallory};"
            f"SET ROLE {mallory};"
            "CREATE TYPE public.kind AS ENUM ('a');"
            "CREATE FUNCTION theirs.number(public.kind) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';"
            "CREATE CAST (public.kind AS int) WITH FUNCTION theirs.number(public.kind) AS IMPLICIT"
        )
        project = Project({"default": subject.database}, local, subject.options)
        project.ok("dbbackup")
        assert project.manifest(project.backups()[0])["session"]["trusted_search_path"] == "pg_temp"
        subject.execute(f"DROP OWNED BY {mallory} CASCADE; DROP ROLE {mallory}")
        subject.close()
