"""The servers that other tests stand on do what they are trusted with."""

import os
import subprocess

import psycopg
import pytest

from tests.support.servers import PostgresServer, containers, start_postgres

pytestmark = pytest.mark.exhaustive  # of the tests' own servers


@pytest.fixture(params=[15, 17, 18])
def server(request, postgres):
    return postgres(request.param)


def run(server: PostgresServer, database: str, *command: str) -> bytes:
    environment = {**os.environ, **server.environment(database)}
    program = server.client_dir / command[0]
    return subprocess.run([program, *command[1:]], env=environment, capture_output=True, check=True).stdout


def test_server_and_client_are_of_the_version_that_was_asked_for(server):
    with server.connect() as connection:
        assert connection.info.server_version // 10000 == server.major
    assert run(server, "postgres", "psql", "-XAtc", "SELECT version()").startswith(b"PostgreSQL %d." % server.major)
    for program in ("pg_dump", "pg_restore", "psql", "createdb", "dropdb"):
        assert f"(PostgreSQL) {server.major}." in run(server, "postgres", program, "--version").decode()


def test_a_dump_comes_back_in_another_database(server, tmp_path):
    with server.database() as one, server.database() as other:
        server.query("CREATE TABLE t AS SELECT n, md5(n::text) FROM generate_series(1, 1000) n", one)
        dump = tmp_path / "t.dump"
        run(server, one, "pg_dump", "--format=custom", f"--file={dump}")
        run(server, one, "pg_restore", "--exit-on-error", f"--dbname={other}", str(dump))
        checksum = "SELECT count(*), md5(string_agg(md5, '' ORDER BY n)) FROM t"
        assert server.query(checksum, other) == server.query(checksum, one)


def test_extensions_and_icu_collations_are_there(server):
    with server.database() as name:
        for extension in ("hstore", "citext", "pg_trgm", "pageinspect", "postgres_fdw"):
            server.query(f"CREATE EXTENSION {extension}", name)
        server.query("CREATE COLLATION numeric (provider = icu, locale = 'en-u-kn')", name)
        assert server.query("SELECT 'a2' < 'a10' COLLATE numeric", name) == [(True,)]


def test_a_wrong_password_is_refused(server):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        server.connect(password="wrong")


def test_a_killed_server_comes_back_on_the_same_port_with_its_data():
    with start_postgres(17) as server:
        server.query("CREATE TABLE kept (n int)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            server.connect()
        server.restart()
        assert server.query("SELECT count(*) FROM kept") == [(0,)]


def test_settings_reach_the_server():
    with start_postgres(17, "max_locks_per_transaction=32") as server:
        assert server.query("SHOW max_locks_per_transaction") == [("32",)]


def test_postgis_makes_its_extension(postgis17):
    with postgis17.database() as name:
        postgis17.query("CREATE EXTENSION postgis", name)
        assert postgis17.query("SELECT ST_AsText(ST_Point(1, 2))", name) == [("POINT(1 2)",)]


def test_what_a_killed_run_left_behind_is_swept_and_a_living_runs_container_is_not(postgres17):
    ours = postgres17.container.get_wrapped_container()
    client = postgres17.container.get_docker_client().client
    host = containers._run(os.getpid()).partition("/")[0]
    # The process of this id lives, but it did not start then.
    left = client.containers.create(ours.image.id, labels={containers.LABEL: f"{host}/{os.getpid()}/1"})
    elsewhere = client.containers.create(ours.image.id, labels={containers.LABEL: f"not-{host}/1/1"})
    try:
        containers.sweep()
        remaining = {container.id for container in client.containers.list(all=True)}
        assert left.id not in remaining
        assert {ours.id, elsewhere.id} <= remaining
    finally:
        elsewhere.remove(v=True)
