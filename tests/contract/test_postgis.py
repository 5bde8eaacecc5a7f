"""PostGIS: an administrator helps with the extension, everything else is the ordinary role's."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.contract.project import Project, Storage, alive, slow
from tests.contract.subjects.postgis import Postgis
from tests.support.servers import PostgresServer
from tests.support.servers.ports import wait_until

# As the official image makes them in the database that POSTGRES_DB names.
EXTENSIONS = ("postgis", "postgis_topology", "fuzzystrmatch", "postgis_tiger_geocoder")


@pytest.fixture
def postgis(postgis17: PostgresServer) -> Iterator[Postgis]:
    with postgis17.database() as name:
        subject = Postgis(postgis17, name)
        yield subject
        subject.close()


@pytest.fixture
def project(postgis: Postgis, local: Storage) -> Project:
    return Project({"default": postgis.database}, local, postgis.options)


@pytest.mark.exhaustive
def test_what_came_back_is_found_by_its_index(postgis: Postgis, project: Project):
    postgis.fill_simply()
    places = postgis.places()
    assert len(places) == 1
    project.ok("dbbackup")
    postgis.execute("DROP TABLE place")
    project.ok("dbrestore", "--noinput")
    assert postgis.places() == places


def test_without_an_administrator_the_line_to_paste_is_named(postgis: Postgis, project: Project):
    postgis.fill_simply()
    project.ok("dbbackup")
    for key in ("ADMIN_USER", "ADMIN_PASSWORD"):
        del project.databases["default"][key]
    done = project.run("dbrestore", "--noinput", "--into", postgis.beside())
    assert done.code == 2
    assert "CREATE EXTENSION IF NOT EXISTS postgis" in done.error


@pytest.mark.exhaustive
def test_without_an_administrator_own_reference_systems_stay_and_that_is_said(postgis: Postgis, project: Project):
    postgis.fill_simply()
    project.ok("dbbackup")
    postgis.server.query("UPDATE spatial_ref_sys SET auth_srid = 2 WHERE srid = 990001", postgis.name)
    postgis.execute("DELETE FROM place")
    for key in ("ADMIN_USER", "ADMIN_PASSWORD"):
        del project.databases["default"][key]
    assert "spatial_ref_sys" in project.ok("dbrestore", "--noinput")
    assert postgis.server.query("SELECT auth_srid FROM spatial_ref_sys WHERE srid = 990001", postgis.name) == [(2,)]
    assert len(postgis.places()) == 1


@pytest.mark.exhaustive
def test_rights_that_a_killed_restore_had_borrowed_are_given_back_by_the_next_command(
    postgis: Postgis, project: Project
):
    postgis.fill_simply(megabytes=4)
    postgis.server.query("COMMENT ON TABLE spatial_ref_sys IS 'systems'", postgis.name)
    said = "SELECT obj_description('spatial_ref_sys'::regclass)"
    before = postgis.fingerprint()
    project.ok("dbbackup")
    project.options |= slow("1M")
    with project.started("dbrestore", "--noinput") as run:
        run.child(*postgis.client)
        children = run.children()
        run.process.send_signal(signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in children), "the children's end", seconds=10)
    assert postgis.execute(said) == [(f"systems\ndjango-rclone has lent INSERT, DELETE to {postgis.role}",)]
    project.options.pop("RCLONE_FLAGS")
    project.ok("dbbackup")
    assert postgis.fingerprint() == before
    assert postgis.execute(said) == [("systems",)]


@pytest.mark.exhaustive
def test_a_backup_while_a_restore_goes_on_leaves_it_what_it_has_borrowed(postgis: Postgis, project: Project):
    postgis.fill_simply(megabytes=4)
    project.ok("dbbackup")
    slowly = Project(project.databases, project.storage, {**project.options, **slow("1M")})
    with slowly.started("dbrestore", "--noinput") as run:
        run.child(*postgis.client)
        locked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        wait_until(lambda: postgis.execute(locked) == [(1,)], "the restore's transaction")
        # It waits for a table that the restore has locked, and which is another one then: it may fail.
        with project.started("dbbackup") as other:
            other.child("pg_dump", "--format=custom")
            assert run.end().code == 0
            assert "interrupted" not in other.end().err
    assert len(postgis.places()) == 1


def test_the_database_of_the_official_image_comes_back_by_the_role_that_made_it(
    postgis17: PostgresServer, local: Storage
):
    with postgis17.database() as name:
        for extension in EXTENSIONS:
            postgis17.query(f"CREATE EXTENSION {extension}", name)
        postgis17.query("CREATE TABLE place (spot geometry(Point, 4326)); INSERT INTO place VALUES (NULL)", name)
        postgis17.query(
            "INSERT INTO tiger.geocode_settings VALUES ('debug_own', 'true', 'boolean', 'own', 'own')", name
        )
        database = postgis17.settings(name, "django.contrib.gis.db.backends.postgis")
        options = {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(postgis17.client_dir)}}}
        project = Project({"default": database}, local, options)
        project.ok("dbbackup")
        postgis17.query("DROP TABLE place; DELETE FROM tiger.geocode_settings", name)
        project.ok("dbrestore", "--noinput")
        assert postgis17.query("SELECT count(*) FROM place", name) == [(1,)]
        assert postgis17.query("SELECT name FROM tiger.geocode_settings WHERE category = 'own'", name) == [
            ("debug_own",)
        ]
