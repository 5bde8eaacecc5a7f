"""References of tables to their schema that RENAME does not change, and the statements that correct them.

- A foreign key whose parent does not exist keeps its old schema. (Others follow their parent.)
- MariaDB keeps the schema of a sequence in a column's default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django_rclone.db.mysql.quoting import quote_name, quote_value
from django_rclone.db.mysql.session import ClientSession
from django_rclone.db.mysql.table_rewrites import requalify
from django_rclone.exceptions import DjangoRcloneError

_KEYS = """
SELECT JSON_OBJECT('table', r.table_name, 'key', r.constraint_name)
  FROM information_schema.referential_constraints r
 WHERE r.constraint_schema = {schema} AND r.unique_constraint_schema = {schema} AND NOT EXISTS (
       SELECT 1 FROM information_schema.tables t
        WHERE t.table_schema = r.unique_constraint_schema AND t.table_name = r.referenced_table_name)
 ORDER BY r.table_name, r.constraint_name;
"""
_DEFAULTS = """
SELECT JSON_OBJECT('table', table_name, 'column', column_name, 'default', column_default)
  FROM information_schema.columns
 WHERE table_schema = {schema} AND LOCATE({qualifier}, column_default) > 0;
"""
# A table with a history refuses ALTER TABLE without this.
_BEGIN = "/*M!100600 SET SESSION system_versioning_alter_history = KEEP */;\n"


def find(session: ClientSession, scratch: str, live: str) -> list[dict[str, Any]]:
    """Returns the references of the tables of ``scratch`` to correct once they are in ``live``, for the journal."""
    schema, qualifier = quote_value(scratch), quote_value(f"{quote_name(scratch)}.")
    keys = session.rows(_KEYS.format(schema=schema))
    found = [{**row, "clause": _clause(session, scratch, row["table"], row["key"])} for row in keys]
    for row in session.rows(_DEFAULTS.format(schema=schema, qualifier=qualifier)):
        found.append({**row, "default": requalify(row["default"], scratch, live)})
    return found


def _clause(session: ClientSession, schema: str, table: str, key: str) -> str:
    """Returns a foreign key as the server prints it."""
    text = session.run(f"SHOW CREATE TABLE {quote_name(schema, table)};")
    pattern = rf"^ *(CONSTRAINT {re.escape(quote_name(key))} FOREIGN KEY .*?),?$"
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise DjangoRcloneError(f"SHOW CREATE TABLE of {table} does not show the foreign key {key}.")
    return match[1]


def statements(live: str, found: Iterable[Mapping[str, Any]], dropped: Iterable[tuple[str, str]] = ()) -> str:
    """Returns the statements, for tables that are in ``live``. ``dropped`` are the foreign keys, by table and name,
    that an interrupted swap has dropped already."""
    already_dropped = set(dropped)
    lines = []
    for row in found:
        alter = f"ALTER TABLE {quote_name(live, row['table'])}"
        if "column" in row:
            lines.append(f"{alter} ALTER COLUMN {quote_name(row['column'])} SET DEFAULT ({row['default']});\n")
            continue
        if (row["table"], row["key"]) not in already_dropped:
            # Neither server can drop and add a key of one name in one statement.
            lines.append(f"{alter} DROP FOREIGN KEY {quote_name(row['key'])};\n")
        lines.append(f"{alter} ADD {row['clause']};\n")
    return _BEGIN + "".join(lines) if lines else ""


def missing_keys(session: ClientSession, live: str, found: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Returns the foreign keys among ``found`` that ``live`` lacks, by table and name."""
    query = (
        "SELECT JSON_OBJECT('table', table_name, 'key', constraint_name) "  # noqa: S608
        f"FROM information_schema.referential_constraints WHERE constraint_schema = {quote_value(live)};"
    )
    there = {(row["table"], row["key"]) for row in session.rows(query)}
    return [(row["table"], row["key"]) for row in found if "key" in row and (row["table"], row["key"]) not in there]
