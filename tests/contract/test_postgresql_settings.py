"""PostgreSQL: the defaults of a role or a database, and what else is unusual, neither stop nor change anything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects.postgresql import Postgresql
from tests.support.servers import PostgresServer, start_postgres

DEFAULTS = {
    # Less than looking at a database takes, and enough for the first statement, which sets it aside.
    "statement_timeout": "'20ms'",
    "lock_timeout": "'20ms'",
    "idle_in_transaction_session_timeout": "'1ms'",
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "'serializable'",
    "default_transaction_deferrable": "on",
    "quote_all_identifiers": "on",
    "array_nulls": "off",
    "row_security": "off",
    "bytea_output": "'escape'",
    "standard_conforming_strings": "off",
    "extra_float_digits": "-5",
    "DateStyle": "'SQL, DMY'",
    "IntervalStyle": "'sql_standard'",
    "TimeZone": "'Asia/Kathmandu'",
    "check_function_bodies": "on",
    "transform_null_equals": "on",
    "default_toast_compression": "'pglz'",
    "client_min_messages": "'debug1'",
}


@pytest.fixture
def project(postgresql: Postgresql, local: Storage) -> Project:
    postgresql.fill_with_everything()
    return Project({"default": postgresql.database}, local, postgresql.options)


def test_a_roles_defaults_neither_stop_nor_change_anything(postgresql: Postgresql, project: Project) -> None:
    postgresql.execute(
        "CREATE TABLE value (a text[], b bytea, d date, i interval, t timestamptz, f float8, s text);"
        "INSERT INTO value VALUES ('{NULL,a}', '\\x00ff5c', '2026-02-01', '-1 day +02:03', now(), 0.1::float8 + 0.2,"
        " 'a\\b')"
    )
    before = postgresql.fingerprint()
    for name, value in DEFAULTS.items():
        postgresql.server.query(f'ALTER ROLE "{postgresql.role}" SET {name} = {value}')
    project.ok("dbbackup")
    postgresql.server.query("TRUNCATE value; DROP TABLE event", postgresql.name)
    project.ok("dbrestore", "--noinput")
    assert postgresql.fingerprint() == before
    other = postgresql.beside()
    project.ok("dbrestore", "--noinput", "--into", other)
    assert postgresql.fingerprint(other) == before


def test_a_databases_own_time_zone_and_money_go_into_a_copy(postgresql: Postgresql, local: Storage) -> None:
    project = Project({"default": postgresql.database}, local, postgresql.options)
    for setting in ("TimeZone = 'Asia/Kathmandu'", "default_text_search_config = 'pg_catalog.german'"):
        postgresql.server.query(f"ALTER DATABASE {postgresql.name} SET {setting}")
    postgresql.execute(
        "CREATE TABLE t (t timestamptz, s text); INSERT INTO t VALUES ('2026-01-01 20:00+00', 'Häuser');"
        "CREATE MATERIALIZED VIEW m AS SELECT t::date AS day, to_tsvector(s) AS words FROM t"
    )
    project.ok("dbbackup")
    other = postgresql.beside()
    project.ok("dbrestore", "--noinput", "--into", other)
    shown = "SELECT day::text, words::text FROM m"
    assert postgresql.execute(shown, other) == postgresql.execute(shown) == [("2026-01-02", "'haus':1")]


@pytest.fixture(scope="module")
def preparing() -> Iterator[PostgresServer]:
    """A server that knows prepared transactions, and has room for many locks."""
    with start_postgres(17, "max_prepared_transactions=2", "max_locks_per_transaction=1024") as server:
        yield server


@pytest.fixture
def prepared(preparing: PostgresServer) -> Iterator[Postgresql]:
    with preparing.database() as name:
        subject = Postgresql(preparing, name)
        yield subject
        subject.close()


@pytest.mark.exhaustive
def test_a_prepared_transaction_is_named(prepared: Postgresql, local: Storage) -> None:
    prepared.fill_simply()
    project = Project({"default": prepared.database}, local, prepared.options)
    project.ok("dbbackup")
    prepared.execute("BEGIN; DELETE FROM word; PREPARE TRANSACTION 'left behind'")
    try:
        done = project.run("dbrestore", "--noinput", "--terminate-sessions")
        assert done.code == 2
        assert "ROLLBACK PREPARED 'left behind';" in done.error
        assert "--terminate-sessions" not in done.error
    finally:
        prepared.execute("ROLLBACK PREPARED 'left behind'")
    project.ok("dbrestore", "--noinput", "--terminate-sessions")


def test_thousands_of_schemas_come_back(prepared: Postgresql, local: Storage) -> None:
    project = Project({"default": prepared.database}, local, prepared.options)
    make = "SELECT format('CREATE SCHEMA %I', 'a rather long name of a tenant ' || n)"
    prepared.script(f"{make} FROM generate_series(1, 3200) AS n \\gexec")
    prepared.execute('CREATE TABLE "a rather long name of a tenant 7".t (i int)')
    before = prepared.fingerprint()
    project.ok("dbbackup")
    prepared.execute('DROP TABLE "a rather long name of a tenant 7".t')
    project.ok("dbrestore", "--noinput")
    assert prepared.fingerprint() == before
    other = prepared.beside()
    project.ok("dbrestore", "--noinput", "--into", other)
    assert prepared.fingerprint(other) == before


LEADING_BACK = """
CREATE EXTENSION postgres_fdw;
CREATE TABLE t (i int);
INSERT INTO t VALUES (1);
CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname '{database}');
CREATE USER MAPPING FOR CURRENT_USER SERVER self OPTIONS (user 'admin', password 's3cret');
CREATE FOREIGN TABLE f (i int) SERVER self OPTIONS (table_name 't');
CREATE MATERIALIZED VIEW m AS SELECT * FROM f;
"""


def test_a_foreign_table_that_leads_back_ends_in_bounded_time(postgresql: Postgresql, local: Storage) -> None:
    postgresql.server.query(f'ALTER ROLE "{postgresql.role}" SUPERUSER')
    postgresql.script(LEADING_BACK.format(database=postgresql.name))
    project = Project({"default": postgresql.database}, local, postgresql.options)
    before = postgresql.fingerprint()
    project.ok("dbbackup")
    done = project.run("dbrestore", "--noinput")
    assert done.code == 1
    assert "leads back into this database" in done.error
    assert "public.t" in done.error
    assert postgresql.fingerprint() == before
    other = postgresql.beside()
    project.ok("dbrestore", "--noinput", "--into", other)
    assert postgresql.fingerprint(other) == before


READING = """
CREATE TABLE z_kind (name text PRIMARY KEY);
INSERT INTO z_kind VALUES ('x');
CREATE FUNCTION known(text) RETURNS bool LANGUAGE sql STABLE
  AS $$ SELECT EXISTS (SELECT FROM public.z_kind WHERE name = $1) $$;
CREATE TABLE a_item (kind text CHECK (known(kind)));
INSERT INTO a_item VALUES ('x');
CREATE SCHEMA "S x";
CREATE TABLE "S x"."z Kind" (name text);
CREATE VIEW "S x".seen AS SELECT * FROM "S x"."z Kind";
CREATE FUNCTION "S x"."Deep f"(text) RETURNS bool LANGUAGE sql STABLE
  AS $$ SELECT EXISTS (SELECT FROM public.a_item AS z, "S x".seen AS s WHERE s.name = $1) $$;
CREATE FUNCTION middle(text) RETURNS bool LANGUAGE plpgsql STABLE AS 'BEGIN RETURN "S x"."Deep f"($1); END';
CREATE DOMAIN "D q" AS text CHECK (middle(VALUE));
CREATE DOMAIN above AS "D q";
CREATE TYPE pair AS (a above, b int);
CREATE TABLE "S x".of_type (k pair[]);
"""


@pytest.mark.exhaustive
def test_a_check_that_reads_a_table_which_comes_later_is_said_by_the_backup(
    postgresql: Postgresql, local: Storage
) -> None:
    postgresql.execute(READING)
    project = Project({"default": postgresql.database}, local, postgresql.options)
    said = project.run("dbbackup").err
    assert "public.a_item: its constraint a_item_kind_check reads public.z_kind" in said
    assert '"S x".of_type: its constraint "D q_check" of its column\'s domain reads "S x"."z Kind"' in said
    postgresql.execute(
        "ALTER TABLE a_item DROP CONSTRAINT a_item_kind_check, ADD CHECK (known(kind)) NOT VALID; DELETE FROM a_item"
    )
    done = project.run("dbbackup")
    assert "reads public.z_kind" not in done.err
    project.ok("dbrestore", "--noinput")
