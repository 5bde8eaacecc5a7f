"""The owners and roles in an archive, and large objects of other roles: notes and problems of a restore. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from django_rclone.db.postgresql.archive import Archive, ArchiveEntry
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.quoting import quote_name
from django_rclone.display import enumerate_some


def keeps_owners(archive: Archive, live: LiveDatabase) -> bool:
    """Returns whether this role can restore the owner of every entry."""
    owners = {entry.owner for entry in archive.entries if (entry.type, entry.name) != ("SCHEMA", "public")} - {""}
    if live.superuser:
        return owners <= set(live.roles)
    # Only with a single owner, of which this role is a member and who may create objects here.
    return len(owners) == 1 and owners != {live.role} and owners <= set(live.own_roles) and live.owns_database


def owner_notes(live: LiveDatabase, owners: Collection[str]) -> Iterator[str]:
    """Yields a note if objects of these owners will belong to this role."""
    if others := set(owners) - {live.role, "pg_database_owner"}:
        yield f'What belonged to {enumerate_some(sorted(others))} will belong to "{live.role}".'


def missing_role_notes(missing: Collection[str]) -> Iterator[str]:
    """Yields a note if privileges name roles that do not exist."""
    if missing:
        yield (
            "Privileges of roles that do not exist here are left out: "
            f"{enumerate_some(sorted(missing))}. Create these roles first to keep them."
        )


def policy_problems(archive: Archive, live: LiveDatabase) -> Iterator[str]:
    """Yields a problem if row-level security policies name roles that do not exist."""
    in_policies = {role for entry in archive.entries for role in entry.details.get("roles", ())}
    if missing := sorted(in_policies - set(live.roles)):
        lines = " ".join(f"CREATE ROLE {quote_name(role)} NOLOGIN;" for role in missing)
        yield f"row-level security policies name roles that do not exist here. Create them: {lines}"


def large_object_problems(live: LiveDatabase, left_out: Iterable[ArchiveEntry]) -> Iterator[str]:
    """Yields a problem if large objects of other roles are left out."""
    # Before 17 the contents of all large objects are one entry: it cannot be restored without some of them.
    if theirs := [entry.name for entry in left_out if entry.type == "BLOB"]:
        lines = " ".join(f"ALTER LARGE OBJECT {name} OWNER TO {quote_name(live.role)};" for name in theirs[:5])
        more = f" (and {len(theirs) - 5} more)" if len(theirs) > 5 else ""
        yield f"some large objects belong to other roles. Restore with --into, or, as a superuser, run: {lines}{more}"
