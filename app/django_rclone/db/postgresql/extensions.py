"""The extensions of an archive, and what has to exist before they can be restored. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django_rclone.db.postgresql.archive import PARTS, Archive, ArchiveEntry
from django_rclone.db.postgresql.facts import LiveDatabase


@dataclass(frozen=True, slots=True)
class Extensions:
    """The extensions that an archive names, and how they are created."""

    names: tuple[str, ...]
    created_first: tuple[ArchiveEntry, ...]
    """Entries of missing extensions that another role has to create before the restore."""
    schemas: Mapping[str, str]
    """The schemas that an administrator creates before the extensions, with their owners."""
    problems: tuple[str, ...]
    """Why the restore cannot work, one or two sentences each."""


def plan_extensions(archive: Archive, live: LiveDatabase, administrator: bool) -> Extensions:
    """Returns the archive's extensions. ``administrator``: whether an administrator creates those that are missing."""
    entries = [entry for entry in archive.entries if entry.type == "EXTENSION"]
    missing = [entry for entry in entries if entry.name not in live.extensions]
    # An administrator creates all of them: one may need another.
    created_first = (
        [] if live.superuser else [entry for entry in missing if administrator or not _can_create(live, entry)]
    )
    return Extensions(
        names=tuple(entry.name for entry in entries),
        created_first=tuple(entry for entry in created_first if entry.name in live.available),
        schemas=_schemas(archive, live, created_first) if administrator and created_first else {},
        problems=tuple(
            f'extension "{entry.name}" is not available on this server. Install its package there.'
            for entry in missing
            if entry.name not in live.available
        ),
    )


def _can_create(live: LiveDatabase, entry: ArchiveEntry) -> bool:
    """Returns whether this role can create the extension itself."""
    return live.available.get(entry.name, False) and live.may_create


def _schemas(archive: Archive, live: LiveDatabase, created_first: list[ArchiveEntry]) -> dict[str, str]:
    schemas_of_missing = {entry.extension_schema for entry in created_first}
    owners = {entry.name: entry.owner for entry in archive.entries if entry.type == "SCHEMA"}
    # This role must be able to create objects in every schema that the archive fills.
    filled = {entry.schema for entry in archive.entries if entry.type not in PARTS}
    return {
        name: owners[name] if name in owners and name not in filled and owners[name] in live.roles else live.role
        for name in sorted({*schemas_of_missing, *owners} - {"", "public"})
    }


def table_of_extension(entry: ArchiveEntry) -> tuple[str, str]:
    """Returns schema and name of the extension's table or sequence that the entry fills."""
    if entry.schema:
        return entry.schema, entry.name
    schema, _, name = entry.name.partition(" ")
    return schema, name
