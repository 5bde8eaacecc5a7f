"""PostGIS: an administrator helps with the extension, everything else is the ordinary role's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects.postgresql import Postgresql
from tests.servers import PostgresServer


class Postgis(Postgresql):
    """A database with geometries and a reference system of its own, owned by an ordinary role."""

    @property
    def database(self) -> dict[str, Any]:
        administrator = {"ADMIN_USER": self.server.user, "ADMIN_PASSWORD": self.server.password}
        return {**super().database, **administrator, "ENGINE": "django.contrib.gis.db.backends.postgis"}

    def fill(self) -> None:
        self.server.query("CREATE EXTENSION postgis", self.name)
        self.server.query(
            "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) "
            "SELECT 990001, 'own', 1, srtext, proj4text FROM spatial_ref_sys WHERE srid = 4326",
            self.name,
        )
        self.execute("CREATE TABLE place (id integer PRIMARY KEY, spot geometry(Point, 4326), area geometry)")
        self.execute("CREATE INDEX place_spot ON place USING gist (spot)")
        self.execute("INSERT INTO place VALUES (1, ST_SetSRID(ST_Point(1, 2), 4326), ST_Buffer(ST_Point(0, 0), 1))")

    def places(self, into: str = "") -> list[tuple[Any, ...]]:
        return self.execute("SELECT id, ST_AsEWKT(spot), ST_Area(area) FROM place", into)

    def own_systems(self, into: str = "") -> int:
        return int(self.execute("SELECT count(*) FROM spatial_ref_sys WHERE auth_name = 'own'", into)[0][0])


@pytest.fixture
def postgis(postgis17: PostgresServer) -> Iterator[Postgis]:
    with postgis17.database() as name:
        subject = Postgis(postgis17, name)
        subject.fill()
        yield subject
        subject.close()


@pytest.fixture
def project(postgis: Postgis, local: Storage) -> Project:
    return Project({"default": postgis.database}, local, postgis.options)


def test_geometries_indexes_and_own_reference_systems_come_back(postgis: Postgis, project: Project):
    before, places = postgis.fingerprint(), postgis.places()
    project.ok("dbbackup")
    postgis.execute("DROP TABLE place")
    postgis.server.query("DELETE FROM spatial_ref_sys WHERE auth_name = 'own'", postgis.name)
    project.ok("dbrestore", "--noinput")
    assert postgis.places() == places
    assert postgis.own_systems() == 1
    assert postgis.fingerprint() == before


def test_the_administrator_makes_the_extension_in_a_new_database(postgis: Postgis, project: Project):
    project.ok("dbbackup")
    name = postgis.beside()
    project.ok("dbrestore", "--noinput", "--into", name)
    assert postgis.places(name) == postgis.places()
    assert postgis.own_systems(name) == 1


def test_without_an_administrator_the_line_to_paste_is_named(postgis: Postgis, project: Project):
    project.ok("dbbackup")
    for key in ("ADMIN_USER", "ADMIN_PASSWORD"):
        del project.databases["default"][key]
    done = project.run("dbrestore", "--noinput", "--into", postgis.beside())
    assert done.code == 2
    assert "CREATE EXTENSION IF NOT EXISTS postgis" in done.error
