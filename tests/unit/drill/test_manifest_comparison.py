"""Comparison of a restored database with the manifest."""

from __future__ import annotations

import dataclasses

from django_rclone.drill import manifest_comparison
from django_rclone.verification.fingerprint import Builder, Fingerprint
from tests.unit.drill.test_report import backup

MANIFEST = dataclasses.replace(backup().manifest, tables={"public.a": 3, "public.b": 0}, migrations={"shop": "0002_x"})


def restored(rows: int = 3, *more: str) -> Fingerprint:
    builder = Builder()
    for name in ("public.a", *more):
        builder.object("table", name, "CREATE TABLE")
        found = builder.rows("table", name)
        for number in range(rows):
            found.add(b"%d" % number)
    return builder.finish()


def test_what_is_there_is_no_problem():
    found = restored(3, "public.b", "public.later")
    migrations = {"shop": "0002_x"}
    assert manifest_comparison.missing_tables(MANIFEST, found) == []
    assert list(manifest_comparison.migration_problems(MANIFEST, migrations)) == []
    assert list(manifest_comparison.notes(MANIFEST, found, migrations)) == []


def test_missing_tables_and_older_migrations_are_found():
    assert manifest_comparison.missing_tables(MANIFEST, restored()) == ["public.b"]
    assert list(manifest_comparison.migration_problems(MANIFEST, {"shop": "0001_x", "auth": "0012_y"})) == [
        'migrations of "shop": the newest is 0001_x, in the manifest 0002_x'
    ]
    assert list(manifest_comparison.migration_problems(MANIFEST, {"auth": "0012_y"})) == [
        'migrations of "shop": the newest is none, in the manifest 0002_x'
    ]


def test_newer_migrations_are_notes():
    migrations = {"shop": "0003_z", "auth": "0012_y"}
    assert list(manifest_comparison.migration_problems(MANIFEST, migrations)) == []
    assert list(manifest_comparison.notes(MANIFEST, restored(3, "public.b"), migrations)) == [
        'migrations of "auth": the newest is 0012_y; the manifest, made before the dump, has none',
        'migrations of "shop": the newest is 0003_z; the manifest, made before the dump, has 0002_x',
    ]
    (note,) = manifest_comparison.notes(MANIFEST, restored(3, "public.b"), {})
    assert note.startswith("The migrations were not compared")


def test_an_empty_table_is_a_note_since_the_numbers_are_estimated():
    assert list(manifest_comparison.notes(MANIFEST, restored(0, "public.b"), {"shop": "0002_x"})) == [
        'table "public.a" has no rows; the manifest, made before the dump, has 3 (estimated)'
    ]


def test_names_are_compared_as_a_dump_prints_them():
    manifest = dataclasses.replace(MANIFEST, tables={"public.a\nb": 1}, migrations={})
    assert manifest_comparison.missing_tables(manifest, restored(1, "public.a b")) == []
