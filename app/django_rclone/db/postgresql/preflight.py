"""The checks before a restore, and the notes in its plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from django_rclone import setting_names
from django_rclone.db.base import Mode
from django_rclone.db.postgresql.archive import LARGE_OBJECTS, Archive
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.quoting import quote_value
from django_rclone.db.postgresql.restore_list import RestoreList
from django_rclone.display import enumerate_some

# Measured: 500 tables, each with a sequence and three indexes (4,000 rows in pg_class, 5,000 entries in the archive),
# take 5,600 locks to drop and 7,500 to make.
_LOCKS_TO_DROP = 1.4
_LOCKS_TO_MAKE = 1.5
# The server's shared memory has room for more locks than its settings: measured 24,000 for a limit of 6,400 (15 and
# 17).
_SURE = 2
_POSSIBLE = 4


def problems(
    live: LiveDatabase,
    state: LiveDatabase,
    mode: Mode,
    archive: Archive | None,
    restore_list: RestoreList | None,
    administrator: bool,
) -> list[str]:
    """Returns why the restore cannot work, one or two sentences each. ``state`` is that of the database to fill."""
    found = list(restore_list.problems) if restore_list else []
    if live.in_recovery:
        found.append("this server is a standby. Restore on the primary.")
    if state.prepared:
        lines = " ".join(f"ROLLBACK PREPARED {quote_value(name)};" for name in state.prepared[:5])
        found.append(
            f"prepared transactions hold locks here: {enumerate_some(state.prepared)}. End each, with COMMIT "
            f"PREPARED or: {lines}"
        )
    if archive and archive.major > live.major:
        found.append(
            f"the backup comes from PostgreSQL {archive.server_version}, this server is {live.short_version}. "
            f"Restore into a server of version {archive.major} or newer."
        )
    may_create = live.createdb or live.superuser or administrator
    if mode.drill:
        found += _drill_problems(live, mode, may_create, restore_list, administrator)
    elif mode.into and mode.into not in live.databases and not may_create:
        found.append(
            f'role "{live.role}" may not create the database "{mode.into}". As a superuser, run: '
            f'ALTER ROLE "{live.role}" CREATEDB; or create it empty, owned by this role.'
        )
    if (
        restore_list
        and restore_list.extensions.created_first
        and not administrator
        and not mode.drill
        and mode.into not in live.databases
    ):
        lines = " ".join(entry.statement for entry in restore_list.extensions.created_first)
        first = (
            f'make the database (CREATE DATABASE "{mode.into}" OWNER "{live.role}";) and in it ' if mode.into else ""
        )
        found.append(f"extensions are missing that only a superuser can create. As one, {first}run: {lines}")
    if archive and restore_list:
        found += _missing_rights(state, restore_list)
        found += _too_many_locks(state, archive)
    return found


def _drill_problems(
    live: LiveDatabase, mode: Mode, may_create: bool, restore_list: RestoreList | None, administrator: bool
) -> Iterable[str]:
    elsewhere = f"set {setting_names.current().setting('DRILL_DATABASE')} to an empty server for drills."
    if mode.into in live.databases:
        yield f'the scratch database "{mode.into}" already exists. Try again.'
    if not may_create:
        yield (
            f'role "{live.role}" may not create the scratch database of a drill. As a superuser, run: '
            f'ALTER ROLE "{live.role}" CREATEDB; or {elsewhere}'
        )
    if restore_list and restore_list.extensions.created_first and not administrator:
        names = enumerate_some(entry.name for entry in restore_list.extensions.created_first)
        yield (
            f'the backup needs extensions that role "{live.role}" may not create in a scratch database: {names}. '
            f"Set ADMIN_USER and ADMIN_PASSWORD where the connector uses them, or {elsewhere}"
        )


def restore_problems(live: LiveDatabase) -> list[str]:
    """Returns why no restore could work here, whatever the backup holds."""
    found = ["This server is a standby: a restore needs the primary."] if live.in_recovery else []
    if closed := sorted(schema.name for schema in live.schemas if not schema.may_create):
        found.append(
            f'Role "{live.role}" may not create anything in schema {enumerate_some(closed)}. As its owner, run: '
            f'GRANT ALL ON SCHEMA "{closed[0]}" TO "{live.role}";'
        )
    if not live.may_create:
        found.append(
            f'Role "{live.role}" may not create schemas in this database. As its owner, run: '
            f'GRANT CREATE ON DATABASE "{live.database["datname"]}" TO "{live.role}";'
        )
    return found


def dump_notes(live: LiveDatabase) -> Iterable[str]:
    """Yields the notes on a dump that is complete, but whose restore may fail."""
    for table, reader, other in live.dependent_rows:
        yield (
            f"{table}: its {reader} reads {other}, which a restore loads later, so that its rows may be rejected and "
            "the whole restore fails. PostgreSQL does not support such checks. Make it a trigger, or a constraint that "
            "is NOT VALID: both are restored after the rows."
        )


def _missing_rights(state: LiveDatabase, restore_list: RestoreList) -> Iterable[str]:
    may_create = {schema.name: schema.may_create for schema in state.schemas}
    if closed := sorted(schema for schema in restore_list.schemas_to_fill if not may_create.get(schema, True)):
        yield (
            f'role "{state.role}" may not create anything in schema {enumerate_some(closed)}. As its owner, run: '
            f'GRANT ALL ON SCHEMA "{closed[0]}" TO "{state.role}";'
        )
    if not state.may_create and any(entry.type == "SCHEMA" for entry in restore_list.entries):
        yield (
            f'role "{state.role}" may not create schemas in this database. As its owner, run: '
            f'GRANT CREATE ON DATABASE "{state.database["datname"]}" TO "{state.role}";'
        )


def _locks(state: LiveDatabase, archive: Archive) -> int:
    return int(_LOCKS_TO_DROP * state.relations) + state.large_objects + _locks_to_make(archive)


def _locks_to_make(archive: Archive) -> int:
    entries = sum(1 for entry in archive.entries if entry.type not in LARGE_OBJECTS)
    return int(_LOCKS_TO_MAKE * entries) + sum(entry.large_objects for entry in archive.entries)


def _too_many_locks(state: LiveDatabase, archive: Archive) -> Iterable[str]:
    needed, room = _locks(state, archive), _POSSIBLE * state.lock_limit
    if needed > room:
        less = ", or restore with --into, which needs fewer." if _locks_to_make(archive) <= room else "."
        yield (
            f"a restore in one transaction needs about {needed:,} locks, and this server has room for about {room:,}. "
            f"Raise max_locks_per_transaction{less}"
        )


def notes(
    live: LiveDatabase,
    state: LiveDatabase,
    mode: Mode,
    archive: Archive | None,
    restore_list: RestoreList | None,
    administrator: bool,
) -> Iterable[str]:
    """Yields what will not be exact, and what the user should know before confirming."""
    if restore_list and restore_list.extensions.created_first and mode.into in live.databases and not administrator:
        names = enumerate_some(entry.name for entry in restore_list.extensions.created_first)
        yield f"The database {mode.into} must already have these extensions: {names}."
    if live.database_settings and mode.into:
        yield "Settings made with ALTER DATABASE … SET are not copied to the new database."
    if state.taken_over and not (restore_list and restore_list.keep_owners):
        yield f'These belong to other roles now and will belong to "{live.role}": {enumerate_some(state.taken_over)}.'
    if state.published:
        yield f"Logical replication stops for tables that other roles publish: {enumerate_some(state.published)}."
    if state.tablespaces:
        yield "Tablespaces belong to the server: everything is restored into the default tablespace."
    if archive and _locks(state, archive) > _SURE * state.lock_limit:
        yield (
            f"About {_locks(state, archive):,} locks are needed, which may be more than this server has room for: "
            "then the restore fails and changes nothing. Raise max_locks_per_transaction."
        )
    if state.sessions:
        yield _about_sessions(state, mode)
    if restore_list:
        yield from restore_list.notes


def _about_sessions(state: LiveDatabase, mode: Mode) -> str:
    listed = enumerate_some(session.described for session in state.sessions)
    connected = "Another session is" if len(state.sessions) == 1 else f"{len(state.sessions)} other sessions are"
    if not mode.terminate_sessions:
        return f"{connected} connected ({listed}): stop the application first, or add --terminate-sessions."
    if theirs := [session for session in state.sessions if not session.ours]:
        others = enumerate_some(session.described for session in theirs)
        return f"{connected} connected and will be ended, as far as this role may; not of this role: {others}."
    return f"{connected} connected and will be ended: {listed}."
