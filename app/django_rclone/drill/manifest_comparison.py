"""Comparison of a restored database with the manifest of its backup. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django_rclone.layout.manifest import Manifest
from django_rclone.verification.fingerprint import Fingerprint

_TABLES = ("table", "collection")


def problems(manifest: Manifest, restored: Fingerprint, migrations: Mapping[str, str]) -> Iterator[str]:
    """Yields what the manifest names and the restored database lacks, or has in another state."""
    there = {_one_line(identity.name) for identity in (*restored.rows, *restored.objects) if identity.kind in _TABLES}
    for name in sorted(manifest.tables):
        if _one_line(name) not in there:
            yield f'table "{name}" is in the manifest, and is missing'
    for app in sorted(manifest.migrations.keys() | migrations.keys()):
        expected, found = manifest.migrations.get(app, "none"), migrations.get(app, "none")
        if expected != found:
            yield f'migrations of "{app}": the newest is {found}, in the manifest {expected}'


def notes(manifest: Manifest, restored: Fingerprint) -> Iterator[str]:
    """Yields tables that are empty, although the manifest counts rows in them.

    The manifest's numbers were read, and mostly estimated, before the dump: a difference is not an error.
    """
    counts = {_one_line(each.name): rows.count for each, rows in restored.rows.items() if each.kind in _TABLES}
    for name, estimated in sorted(manifest.tables.items()):
        if estimated and not counts.get(_one_line(name), 0):
            kind = manifest.row_counts
            yield f'table "{name}" has no rows; the manifest, made before the dump, has {estimated:,} ({kind})'


def _one_line(name: str) -> str:
    """Returns a name as pg_dump prints it in comments, which a fingerprint takes it from."""
    return name.replace("\r", " ").replace("\n", " ")
