"""Rows of extensions' tables that are loaded before everything else. Pure.

In an archive they are among the other tables' rows, in the order of names, and pg_restore cannot change that order when
it reads from a pipe. A CHECK, a generated column or a column's type that reads a custom reference system (PostGIS)
needs them earlier. Where that is possible, the backup records the rows, and the restore loads them first.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping

from django_rclone.db.postgresql.extensions import table_of_extension
from django_rclone.db.postgresql.facts import ExtensionRows, LiveDatabase
from django_rclone.db.postgresql.quoting import quote_name, quote_value
from django_rclone.db.postgresql.restore_list import RestoreList
from django_rclone.exceptions import ConfigurationError

_RECORDED = "extension_rows"
_MOST_ROWS = 1000
_MOST_CHARACTERS = 1 << 20


def recorded_rows(live: LiveDatabase) -> dict[str, str]:
    """Returns the rows that a backup records together with the settings of its session."""
    tables = [table for table in live.extension_rows if _fits(table)]
    return (
        {_RECORDED: json.dumps([dataclasses.asdict(table) for table in tables], ensure_ascii=False)} if tables else {}
    )


def dump_notes(live: LiveDatabase) -> Iterable[str]:
    """Yields the notes on a dump: tables with too many rows to be recorded."""
    for table in live.extension_rows:
        if not _fits(table):
            yield (
                f"{table.schema}.{table.name} holds more than {_MOST_ROWS:,} custom rows, too many to be loaded "
                "before other tables. Checks, generated columns and types that read them may reject a table's rows, "
                "and then the whole restore fails. Delete the rows that nothing uses."
            )


def _fits(table: ExtensionRows) -> bool:
    return len(table.rows) <= _MOST_ROWS and len(json.dumps(table.rows)) <= _MOST_CHARACTERS


def load_first(alias: str, restore_list: RestoreList, session: Mapping[str, str]) -> str:
    """Moves the recorded rows, and what creates their tables, before pg_restore's script. Returns the statements."""
    recorded = _parse(alias, session.get(_RECORDED, "[]"))
    extension_data = {
        table_of_extension(entry): entry
        for entry in restore_list.entries
        if entry.type == "TABLE DATA" and not entry.schema
    }
    tables = [table for table in recorded if (table.schema, table.name) in extension_data]
    if not tables:
        return ""
    moved = {extension_data[table.schema, table.name].id for table in tables}
    extensions = [entry for entry in restore_list.entries if entry.type == "EXTENSION"]
    in_schemas = {entry.extension_schema for entry in extensions}
    statements = []
    for entry in restore_list.entries:
        if entry.type == "SCHEMA" and entry.name in in_schemas:
            owner = f" AUTHORIZATION {quote_name(entry.owner)}" if restore_list.keep_owners and entry.owner else ""
            statements.append(f"CREATE SCHEMA {quote_name(entry.name)}{owner};")
            moved.add(entry.id)
    # CREATE EXTENSION has IF NOT EXISTS here, so these entries can stay in the list.
    statements += [entry.statement for entry in extensions]
    statements += [_insert(table) for table in tables]
    restore_list.entries = [entry for entry in restore_list.entries if entry.id not in moved]
    return "".join(f"{statement}\n" for statement in statements)


def _insert(table: ExtensionRows) -> str:
    location = f"{quote_name(table.schema)}.{quote_name(table.name)}"
    columns = ", ".join(quote_name(column) for column in table.columns)
    rows = quote_value(json.dumps(table.rows, ensure_ascii=False))
    source = f"pg_catalog.json_populate_recordset(NULL::{location}, {rows})"
    # All parts are quoted.
    return f"INSERT INTO {location} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {source};"  # noqa: S608


def _parse(alias: str, text: str) -> list[ExtensionRows]:
    tables = []
    try:
        for table in json.loads(text):
            texts = [table["schema"], table["name"], *table["columns"]]
            if not all(isinstance(value, str) for value in texts) or not isinstance(table["rows"], list):
                raise ValueError(table)
            columns, rows = tuple(table["columns"]), tuple(table["rows"])
            tables.append(ExtensionRows(str(table.get("extension", "")), table["schema"], table["name"], columns, rows))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigurationError(
            f'Database "{alias}": the manifest\'s session.{_RECORDED} cannot be read. Choose another backup.'
        ) from error
    return tables
