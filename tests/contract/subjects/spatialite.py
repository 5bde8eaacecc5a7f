"""SQLite files with SpatiaLite for the contract."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from pprint import pformat
from typing import Any

from tests.contract.subjects.sqlite import Sqlite

# As Django prepares a database: over 300 tables, views, triggers and virtual tables of SpatiaLite's own.
PREPARED = "SELECT InitSpatialMetaDataFull(1);"
PLACES = """
CREATE TABLE place (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, name varchar(100) NOT NULL);
SELECT AddGeometryColumn('place', 'spot', 4326, 'POINT', 2, 1), CreateSpatialIndex('place', 'spot');
SELECT AddGeometryColumn('place', 'area', 4326, 'POLYGON', 2, 0), CreateSpatialIndex('place', 'area');
INSERT INTO place (name, spot, area)
VALUES ('Köln', MakePoint(6.96, 50.94, 4326), Buffer(MakePoint(6.96, 50.94, 4326), 0.1)),
       ('nowhere', MakePoint(0, 0, 4326), NULL);
INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, ref_sys_name, proj4text, srtext)
SELECT 990001, 'own', 1, 'own', proj4text, srtext FROM spatial_ref_sys WHERE srid = 4326;
"""
LATER = """
SELECT DisableSpatialIndex('place', 'area');
DROP TABLE idx_place_area;
DELETE FROM place WHERE name = 'nowhere';
UPDATE place SET spot = MakePoint(1, 1, 4326);
DELETE FROM spatial_ref_sys WHERE srid = 990001;
CREATE TABLE later_place (id integer PRIMARY KEY);
SELECT AddGeometryColumn('later_place', 'line', 4326, 'LINESTRING', 3, 0), CreateSpatialIndex('later_place', 'line');
"""
# What only the module can tell.
QUESTIONS = """
SELECT id, name, AsEWKT(spot), Area(area) FROM place;
SELECT CheckSpatialMetaData();
SELECT rowid FROM SpatialIndex WHERE f_table_name = 'place' AND f_geometry_column = 'spot'
                                 AND search_frame = BuildMBR(6, 50, 7, 51);
"""


class Spatialite(Sqlite):
    """A SQLite file with geometries. Our own programs know nothing of SpatiaLite's module."""

    @property
    def database(self) -> dict[str, Any]:
        return {**super().database, "ENGINE": "django.contrib.gis.db.backends.spatialite"}

    def fill_simply(self, megabytes: float = 0) -> None:
        self._with_module(PREPARED + PLACES)
        super().fill_simply(megabytes)

    def fill_with_everything(self) -> None:
        super().fill_with_everything()
        self._with_module(PREPARED + PLACES)

    def change_everything(self) -> None:
        super().change_everything()
        self._with_module(LATER)

    def fingerprint(self, into: str = "") -> str:
        path = Path(into) if into else self.path
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            pragmas = ("user_version", "application_id", "encoding", "page_size", "auto_vacuum")
            found: list[Any] = [database.execute(f"PRAGMA {pragma}").fetchone() for pragma in pragmas]
            schema = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        # Only the module can open its views and virtual tables.
        names = ['"' + name.replace('"', '""') + '"' for kind, name, *_rest in schema if kind in ("table", "view")]
        selects = [f"SELECT 'rows of', {number}; SELECT * FROM {name};\n" for number, name in enumerate(names)]
        rows = self._with_module("".join(selects), path)
        found += [schema, [sorted(table.splitlines()) for table in rows.split("'rows of',")]]
        return pformat(found) + self._with_module(QUESTIONS, path)

    def _with_module(self, script: str, path: Path | None = None) -> str:
        """Returns the output of the sqlite3 program, which loads modules even if Python's library may not."""
        command = ["sqlite3", "-batch", "-bail", "-init", os.devnull, "-cmd", "SELECT load_extension('mod_spatialite')"]
        done = subprocess.run(
            [*command, "-quote", str(path or self.path)], input=script.encode(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode(errors="surrogateescape")
