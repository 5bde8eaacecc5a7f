"""Plans the restore of a PostgreSQL database: everything in one transaction, which the last line commits."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from django_rclone.command import Attached, Command
from django_rclone.db.base import Mode, RestorePlan
from django_rclone.db.postgresql import extension_rows, maintenance, search_path, session_settings
from django_rclone.db.postgresql.administrator import Administrator
from django_rclone.db.postgresql.archive import Archive
from django_rclone.db.postgresql.choose_entries import choose
from django_rclone.db.postgresql.connection import Connection
from django_rclone.db.postgresql.errors import archive_explainer
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.new_database import create_database, drop_database, keep_database
from django_rclone.db.postgresql.preflight import notes, problems
from django_rclone.db.postgresql.psql import SQL, Psql
from django_rclone.db.postgresql.quoting import psql_variables
from django_rclone.db.postgresql.restore_list import RestoreList
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.streams import Gate

_COMMIT = re.compile(
    rb"\nCOMMIT;\n\n(?:-- Completed on [^\n]*\n\n)?--\n-- PostgreSQL database dump complete\n--\n\n"
    rb"(?:\\unrestrict \w+\n\n)?\Z"
)


def plan(psql: Psql, live: LiveDatabase, mode: Mode, archive: Archive | None) -> tuple[RestorePlan, frozenset[int]]:
    """Returns the plan, and the ids of the entries that it leaves out.

    Raises ConfigurationError when the archive cannot be restored here.
    """
    target = psql.connection.to_database(mode.into) if mode.into else psql.connection
    name = mode.into or str(live.database["datname"])
    state = live.as_new_database() if mode.into else live
    restore_list = choose(archive, state, psql.administrator is not None, name) if archive else None
    if found := problems(live, state, mode, archive, restore_list, psql.administrator is not None):
        raise ConfigurationError(f'Database "{psql.alias}": {" Also: ".join(found)}')
    first = extension_rows.load_first(psql.alias, restore_list, psql.session) if restore_list else ""
    if restore_list is not None and archive is not None:
        path = search_path.for_restore(psql.session, live, archive)
        maintenance.move_to_end(path, restore_list, archive, live)
    prepare: list[Command] = []
    commit: tuple[Command, ...] = ()
    abort: tuple[Command, ...] = ()
    if mode.into and mode.into not in live.databases:
        prepare, mark = create_database(psql, live, mode.into)
        commit = (keep_database(psql, mode.into),)
        abort = (drop_database(psql, mode.into, mark),)
    if restore_list is not None and psql.administrator is not None:
        administrator = Administrator(psql, target, state, restore_list)
        prepare += administrator.before()
        commit = (*administrator.after(), *commit)
        # A database that the restore created is dropped as a whole.
        abort = abort or tuple(administrator.undo())
    planned = RestorePlan(
        target=target.location,
        prepare=tuple(prepare),
        load=(_pg_restore(psql, restore_list), _load(psql, target, mode, restore_list, live, first)),
        commit=commit,
        abort=abort,
        gate=Gate(
            head=_head(psql, live, archive),
            tail=_tail(psql.alias, mode, archive, restore_list),
        ),
        notes=tuple(notes(live, state, mode, archive, restore_list, psql.administrator is not None)),
    )
    return planned, frozenset(restore_list.left_out if restore_list else ())


def _pg_restore(psql: Psql, restore_list: RestoreList | None) -> Command:
    owners = () if restore_list is not None and restore_list.keep_owners else ("--no-owner",)
    chosen = ("-L", Attached(restore_list.listing, "list")) if restore_list is not None else ()
    # -1: one COMMIT, at the very end. The output is a script: psql runs it, and commits when the gate has opened.
    argv = (psql.client.companion("pg_restore"), "-1", *owners, "--no-tablespaces", *chosen, "-f", "-")
    return Command(argv, env={"LC_ALL": "C"}, explain=archive_explainer(psql.alias))


def _head(psql: Psql, live: LiveDatabase, archive: Archive | None) -> Callable[[bytes], bytes]:
    encoding = archive.encoding if archive is not None else "utf-8"
    path = search_path.for_restore(psql.session, live, archive).encode(encoding, "surrogateescape")
    return partial(session_settings.header, path=path, keep_transaction_timeout=live.major >= 17)


def _load(
    psql: Psql, target: Connection, mode: Mode, restore_list: RestoreList | None, live: LiveDatabase, first: str
) -> Command:
    extensions = restore_list.extensions.names if restore_list is not None else list(live.extensions)
    files = ["begin.sql"]
    if mode.terminate_sessions and not mode.into:
        files.append("terminate_sessions.sql")
    files.append("require_empty.sql" if mode.into else "drop_objects.sql")
    scripts = [argument for name in files for argument in ("-f", str(SQL / name))]
    schemas = restore_list.schemas if restore_list is not None else []
    names = psql_variables(extensions=extensions, schemas=schemas)
    settings = Attached(session_settings.statements(psql.session, live).encode(), "settings of the backup's session")
    rows = ("-f", Attached(first.encode("utf-8", "surrogateescape"), "rows of extensions")) if first else ()
    return psql.in_isolated_session(
        target, "-o", "/dev/null", "-f", names, *scripts[:2], "-f", settings, *scripts[2:], *rows, "-f", "-"
    )


def _tail(
    alias: str, mode: Mode, archive: Archive | None, restore_list: RestoreList | None
) -> Callable[[bytes], bytes]:
    """Returns the function that checks that the held-back end is complete, and inserts final statements before
    COMMIT."""
    statements = list(restore_list.final_statements) if restore_list is not None else []
    if mode.terminate_sessions and not mode.into:
        # Sessions that still wait for our locks would see empty tables: their snapshot is older than the new rows.
        statements.append((SQL / "terminate_sessions.sql").read_text())
    inserted = "".join(f"\n{statement}" for statement in statements).encode(
        archive.encoding if archive is not None else "utf-8", "surrogateescape"
    )

    def tail(script_end: bytes) -> bytes:
        end = _COMMIT.search(script_end)
        if end is None:
            raise DjangoRcloneError(
                f'Database "{alias}": pg_restore\'s script does not end as it should. Nothing was changed.'
            )
        return script_end[: end.start()] + inserted + script_end[end.start() :]

    return tail
