"""Comparison of a restored database with the manifest of its backup. Pure.

The manifest was made by a probe before the dump. Others may have changed the database in between: what is newer in the
restored database than in the manifest is not an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django_rclone.layout.manifest import Manifest
from django_rclone.verification.fingerprint import Fingerprint

_TABLES = ("table", "collection")


def missing_tables(manifest: Manifest, restored: Fingerprint) -> list[str]:
    """Returns the tables that the manifest names and that were not restored."""
    # Manifests count the sequences of MariaDB among the tables.
    there = {_one_line(identity.name) for identity in (*restored.rows, *restored.objects, *restored.values)}
    return sorted(name for name in manifest.tables if _one_line(name) not in there)


def migration_problems(manifest: Manifest, migrations: Mapping[str, str]) -> Iterator[str]:
    """Yields the apps whose newest migration is older than in the manifest. Without any, a probe could not find the
    table of migrations."""
    for app, expected in sorted(manifest.migrations.items() if migrations else ()):
        found = migrations.get(app, "none")
        if found == "none" or found < expected:
            yield f'migrations of "{app}": the newest is {found}, in the manifest {expected}'


def notes(manifest: Manifest, restored: Fingerprint, migrations: Mapping[str, str]) -> Iterator[str]:
    """Yields what differs from the manifest without being a failure."""
    counts = {_one_line(each.name): rows.count for each, rows in restored.rows.items() if each.kind in _TABLES}
    for name, estimated in sorted(manifest.tables.items()):
        if estimated and counts.get(_one_line(name)) == 0:
            kind = manifest.row_counts
            yield f'table "{name}" has no rows; the manifest, made before the dump, has {estimated:,} ({kind})'
    if manifest.migrations and not migrations:
        yield "The migrations were not compared: the table django_migrations was not found in the scratch database."
    for app, found in sorted(migrations.items() if manifest.migrations else ()):
        if found > manifest.migrations.get(app, ""):
            expected = manifest.migrations.get(app, "none")
            yield f'migrations of "{app}": the newest is {found}; the manifest, made before the dump, has {expected}'


def _one_line(name: str) -> str:
    """Returns a name as pg_dump prints it in comments, which a fingerprint takes it from."""
    return name.replace("\r", " ").replace("\n", " ")
