"""PostgreSQL: rows of extensions' tables that are loaded before everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from django_rclone.command import Attached
from django_rclone.db.base import Mode
from django_rclone.db.postgresql.psql import SQL
from django_rclone.exceptions import ConfigurationError
from tests.unit.db.postgresql.test_connector import clients, connector, contents, entry, facts, install, manifest

__all__ = ["clients", "install"]

OWN: dict[str, Any] = {
    "extension": "postgis",
    "schema": "geo",
    "name": "spatial_ref_sys",
    "columns": ["srid", "auth name"],
    "rows": [{"srid": 990001, "auth name": "it's \\ ours"}],
}
ENTRIES = (
    entry(1, "SCHEMA", "geo", ""),
    entry(2, "SCHEMA", "other", ""),
    entry(3, "EXTENSION", "postgis", "", statement="CREATE EXTENSION IF NOT EXISTS postgis;", schema="geo"),
    entry(4, "TABLE", "a_place"),
    entry(5, "TABLE DATA", "a_place", "public", 4),
    entry(6, "TABLE DATA", "geo spatial_ref_sys", ""),
)


def test_recorded_rows_come_before_the_archives_script_and_not_again(clients: Path) -> None:
    made = connector(clients)
    here = facts(superuser=True, roles=["app"], available={"postgis": False}, extension_rows=[OWN])
    session = made.dump(here).session
    plan = made.restore(here, manifest(session=session), Mode(), contents(*ENTRIES))
    assert Attached(b"2;\n3;\n4;\n5;\n", "list") in plan.load[0].argv
    *_, flag, rows, _, end = plan.load[1].argv
    assert (flag, end) == ("-f", "-")
    assert isinstance(rows, Attached)
    assert rows.content.decode() == (
        'CREATE SCHEMA "geo" AUTHORIZATION "app";\n'
        "CREATE EXTENSION IF NOT EXISTS postgis;\n"
        'INSERT INTO "geo"."spatial_ref_sys" ("srid", "auth name") OVERRIDING SYSTEM VALUE SELECT "srid", "auth name" '
        'FROM pg_catalog.json_populate_recordset(NULL::"geo"."spatial_ref_sys", '
        'E\'[{"srid": 990001, "auth name": "it\'\'s \\\\\\\\ ours"}]\');\n'
    )


def test_rows_that_this_role_may_not_write_stay_as_they_are(clients: Path) -> None:
    made = connector(clients)
    here = facts(extensions={"postgis": False}, schemas=[], extension_rows=[OWN])
    plan = made.restore(here, manifest(session=made.dump(here).session), Mode(), contents(*ENTRIES[3:]))
    assert Attached(b"4;\n5;\n", "list") in plan.load[0].argv
    assert plan.load[1].argv[-3] == str(SQL / "drop_objects.sql")


def test_too_many_rows_are_said_by_the_backup_and_not_recorded(clients: Path) -> None:
    dump = connector(clients).dump(facts(extension_rows=[{**OWN, "rows": OWN["rows"] * 1001}]))
    assert dump.notes[0].startswith("geo.spatial_ref_sys holds more than 1,000 custom rows")
    assert list(dump.session) == ["search_path"]


@pytest.mark.parametrize("text", ["[", "[1]", "7", '[{"schema": "a", "name": "b", "columns": [1], "rows": []}]'])
def test_a_record_that_cannot_be_read_is_refused(clients: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r'Database "default": .*extension_rows cannot be read'):
        connector(clients).restore(facts(), manifest(session={"extension_rows": text}), Mode(), contents(*ENTRIES[:2]))
