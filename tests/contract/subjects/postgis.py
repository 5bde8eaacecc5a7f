"""Databases with PostGIS for the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.contract.project import base_env
from tests.contract.subjects.base import run_plainly
from tests.contract.subjects.postgresql import Postgresql

# What only an administrator may do: these extensions are not trusted.
EXTENSION = """
CREATE EXTENSION postgis;
INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text)
SELECT 990001, 'own', 1, srtext, proj4text FROM spatial_ref_sys WHERE srid = 4326;
"""
TOPOLOGY = """
CREATE EXTENSION postgis_topology;
GRANT SELECT ON spatial_ref_sys TO reader;
GRANT USAGE ON SCHEMA topology TO "{role}";
GRANT ALL ON ALL TABLES IN SCHEMA topology TO "{role}";
GRANT ALL ON ALL SEQUENCES IN SCHEMA topology TO "{role}";
"""
PLACES = """
CREATE TABLE place (id integer PRIMARY KEY, spot geometry(Point, 4326), area geometry, track geography(LineString));
CREATE INDEX place_spot ON place USING gist (spot);
INSERT INTO place VALUES (1, ST_SetSRID(ST_Point(1, 2), 4326), ST_Buffer(ST_Point(0, 0), 1), 'LINESTRING(0 0, 9 9)');
"""
EVERYTHING = """
CREATE TABLE survey (id serial PRIMARY KEY, spot geometry(PointZM, 990001), box box3d, anything geometry,
                     CHECK (ST_IsValid(anything)), centre geometry GENERATED ALWAYS AS (ST_Centroid(anything)) STORED);
CREATE INDEX survey_spot ON survey USING gist (spot gist_geometry_ops_nd);
CREATE INDEX survey_centre ON survey USING spgist (ST_Centroid(anything));
CREATE INDEX survey_anything ON survey USING brin (anything);
INSERT INTO survey (spot, box, anything)
VALUES ('SRID=990001;POINT(1 2 3 4)', 'BOX3D(0 0 0, 1 1 1)',
        'GEOMETRYCOLLECTION(POINT(0 0), CIRCULARSTRING(0 0, 1 1, 2 0))'),
       (NULL, NULL, 'SRID=4326;POLYGON EMPTY');
CREATE VIEW near AS SELECT id, ST_Distance(track, 'POINT(1 1)'::geography) AS metres FROM place;
SELECT topology.CreateTopology('roads', 4326, 0.1);
SELECT topology.AddTopoGeometryColumn('roads', 'public', 'place', 'road', 'POINT');
SELECT topology.ST_AddIsoNode('roads', NULL, 'SRID=4326;POINT(3 4)');
UPDATE place SET road = topology.toTopoGeom(spot, 'roads', 1, 0.1);
"""
LATER = """
DROP INDEX place_spot;
DROP TABLE survey CASCADE;
UPDATE place SET spot = NULL, area = ST_SetSRID(area, 4326), road = NULL;
ALTER TABLE place ADD COLUMN later geography(Point, 4326);
CREATE TABLE later_place (id integer, spot geometry(Point, 990002));
CREATE INDEX later_spot ON later_place USING gist (spot);
SELECT topology.CreateTopology('later_roads', 4326);
SELECT topology.AddTopoGeometryColumn('later_roads', 'public', 'later_place', 'road', 'LINE');
"""
LATER_BY_ADMINISTRATOR = """
DELETE FROM spatial_ref_sys WHERE srid = 990001;
INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext) VALUES (990002, 'own', 2, 'later');
"""


class Postgis(Postgresql):
    """A database with PostGIS, which an administrator has created there, owned by an ordinary role."""

    @property
    def database(self) -> dict[str, Any]:
        administrator = {"ADMIN_USER": self.server.user, "ADMIN_PASSWORD": self.server.password}
        return {**super().database, **administrator, "ENGINE": "django.contrib.gis.db.backends.postgis"}

    def fill_simply(self, megabytes: float = 0) -> None:
        self.server.query(EXTENSION, self.name)
        self.script(PLACES)
        super().fill_simply(megabytes)

    def fill_with_everything(self) -> None:
        super().fill_with_everything()
        self.server.query(EXTENSION + TOPOLOGY.format(role=self.role), self.name)
        self.script(PLACES + EVERYTHING)

    def change_everything(self) -> None:
        super().change_everything()
        self.script(LATER)
        self.server.query(LATER_BY_ADMINISTRATOR, self.name)

    def places(self, into: str = "") -> list[tuple[Any, ...]]:
        """Returns the server's view of the geometries, and the finds of its index."""
        return self.execute(
            "SELECT id, ST_AsEWKT(spot), ST_Area(area) FROM place WHERE spot && ST_Expand(spot, 1)", into
        )

    def by_hand(self, command: str) -> str:
        self.extra.append(self.restored_alone(self.server.port))
        environment = {**base_env(), **self.server.environment()}
        environment["PATH"] = f"{self.server.client_dir}:{environment['PATH']}"
        run_plainly(command, environment, Path("/"))
        return self.fingerprint("restored")
