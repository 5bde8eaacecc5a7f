"""The checks before a dump: whether it can be made and restored, and what will not be exact. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from django_rclone.db.mysql import session_variables
from django_rclone.db.mysql.clients import numbers
from django_rclone.db.mysql.facts import Live
from django_rclone.db.mysql.grants import REQUIRED_TO_DUMP, account, grant_statement
from django_rclone.db.mysql.table_rewrites import packet_advice
from django_rclone.display import enumerate_some

_SHOW_CREATE_ROUTINE = (11, 3)


def problems(live: Live, schema: str) -> Iterator[str]:
    """Yields why no dump can be made that could be restored here, one or two sentences each."""
    if lacking := live.rights.lacking(schema, REQUIRED_TO_DUMP):
        yield (
            f"the role {live.user} lacks {enumerate_some(lacking)}, and without them a dump is "
            f"incomplete. As an administrator, run: {grant_statement(lacking, schema, live.user)}"
        )
    if live.flavour == "mariadb":
        wrong = session_variables.dump_problems(live.variables, live.names)
        yield from (session_variables.advice(found) for found in wrong)
    if live.hidden:
        yield (
            f"the role {live.user} may not see the definition of {enumerate_some(live.hidden)}, of another definer. "
            f"As an administrator, run: {_grant_to_see_routines(live, schema)}"
        )
    if live.by_transaction:
        yield (
            f"the history of {enumerate_some(live.by_transaction)} is kept by transaction ids, which are not valid on "
            "another server: mariadb-dump refuses it. Only a history by timestamps can be backed up. To change to one, "
            "which drops the history so far, run: SET system_versioning_alter_history = KEEP; ALTER TABLE … DROP "
            "SYSTEM VERSIONING, DROP COLUMN (row start), DROP COLUMN (row end); ALTER TABLE … ADD SYSTEM VERSIONING;"
        )
    if longest := {table: size for table, size in live.longest.items() if size > live.max_packet}:
        yield (
            f"a row of {enumerate_some(longest)} is a statement of {max(longest.values()):,} bytes or more in a dump, "
            f"and the server accepts at most {live.max_packet:,} (max_allowed_packet): it could not be "
            f"restored. {packet_advice(max(longest.values()))}"
        )
    yield from _table_problems(live)


def _table_problems(live: Live) -> Iterator[str]:
    """Yields the problems of tables that the server would not create again, or only with changes."""
    on = {name for name, value in live.variables.items() if value == "ON"}
    forced = {"sql_require_primary_key", "sql_generate_invisible_primary_key"} & on
    if live.keyless and "innodb_force_primary_key" in on:
        yield (
            f"{enumerate_some(live.keyless)} has no primary key, and the server creates no such table "
            "(innodb_force_primary_key): a restore would fail. Give it one, or run: SET GLOBAL "
            "innodb_force_primary_key = 0;"
        )
    if live.keyless and forced and not live.sets_restricted:
        yield (
            f"{enumerate_some(live.keyless)} has no primary key, and the server does not create it again "
            f"({', '.join(sorted(forced))}). Give it one, or run as an administrator: {_grant_to_set_variables(live)}"
        )
    engine = live.variables.get("enforce_storage_engine", "")
    others = sorted({table.engine for table in live.tables.values()} - {engine}) if engine else []
    if others:
        yield (
            f"the server creates only tables of {engine} (enforce_storage_engine), and there are tables of "
            f"{enumerate_some(others)}: a restore would fail or change them. Convert them, or remove that setting."
        )


def notes(live: Live, schema: str) -> Iterator[str]:
    """Yields what users should know about a dump, one or two sentences each."""
    if not live.tables:
        yield f"{schema} has no tables."
    if outside := live.without_snapshot:
        yield (
            f"no snapshot can hold {enumerate_some(outside)}: only InnoDB tables have transactions. What others "
            "write during the dump may be in it in part. Convert with ALTER TABLE … ENGINE=InnoDB."
        )
    for kind, sure, note in _INEXACT:
        found = [column.name for column in live.inexact if (column.kind, column.sure) == (kind, sure)]
        if found:
            yield note.format(columns=enumerate_some(found))
    if live.wide and not live.sets_restricted and live.variables.get("innodb_strict_mode") == "ON":
        yield (
            f"rows of {enumerate_some(live.wide)} may be longer than innodb_strict_mode allows a new table, and the "
            "role may not switch that off: a restore would fail with error 1118. As an administrator, run: "
            f"{_grant_to_set_variables(live)} Or make the columns TEXT."
        )


_FLOATS = (
    "Dumps print a FLOAT with six significant digits, so that these come back rounded. To keep all of them, run "
    "ALTER TABLE … MODIFY … DOUBLE."
)
_BYTES = (
    "Convert them to utf8mb4, or to VARBINARY and BLOB where they are not text in that character set, to keep them "
    "unchanged."
)
_INEXACT = (
    ("float", True, f"{{columns}}: values with more digits than a dump holds. {_FLOATS}"),
    ("float", False, f"{{columns}}: not checked completely, and may have more digits than a dump holds. {_FLOATS}"),
    (
        "text",
        True,
        "{columns}: bytes that the column's character set does not map to Unicode and back; they come back as other "
        f"bytes. {_BYTES}",
    ),
    (
        "text",
        False,
        "{columns}: not checked completely, and may have bytes that the column's character set does not map to Unicode "
        f"and back. {_BYTES}",
    ),
)


def _grant_to_see_routines(live: Live, schema: str) -> str:
    if live.flavour == "mysql":
        return f"GRANT SHOW_ROUTINE ON *.* TO {account(live.user)};"
    if numbers(live.version)[:2] < _SHOW_CREATE_ROUTINE:
        return f"GRANT SELECT ON mysql.proc TO {account(live.user)};"
    return grant_statement(["SHOW CREATE ROUTINE"], schema, live.user)


def _grant_to_set_variables(live: Live) -> str:
    return f"GRANT SESSION_VARIABLES_ADMIN ON *.* TO {account(live.user)};"
