"""SQL that changes a schema: moves or drops its tables, and drops or creates its stored objects. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django_rclone.db.mysql.dump_format import STORED_OBJECTS
from django_rclone.db.mysql.facts import Live
from django_rclone.db.mysql.quoting import quote_name

LOCK_TIMEOUT = 10
"""Seconds that a statement waits for other transactions; the servers' defaults are a day and a year."""

# mysqldump writes these around a program that was created under another default collation than the schema's.
_ALTER_DATABASE = re.compile(rb"^ALTER DATABASE `(?:[^`]|``)+` (?=CHARACTER SET )", re.MULTILINE)
_SERVER_COMMENTS = re.compile(
    rb"^-- (?:Host: |Server version|MySQL dump |MariaDB dump |Dump completed).*\n", re.MULTILINE
)


def session_settings() -> str:
    """Returns the first statements of every session that changes a schema."""
    return (
        f"SET SESSION lock_wait_timeout = {LOCK_TIMEOUT}, SESSION innodb_lock_wait_timeout = {LOCK_TIMEOUT}, "
        "SESSION foreign_key_checks = 0;\nSET NAMES utf8mb4;\n"
    )


def wait_for_locks(live: str, tables: Iterable[str]) -> str:
    """Returns statements that wait until no session has a transaction on any table, and change nothing."""
    locks = ", ".join(f"{quote_name(live, table)} WRITE" for table in tables)
    return f"{session_settings()}LOCK TABLES {locks};\nUNLOCK TABLES;\n" if locks else ""


def drop_stored_objects(schema: str, state: Live, parts: Iterable[str]) -> str:
    """Returns the statements that drop the stored objects of these parts: first events, which start by themselves."""
    chosen = set(parts)
    names: list[tuple[str, str]] = []
    if "events" in chosen:
        names += [("EVENT", name) for name in state.events]
    if "triggers" in chosen:
        names += [("TRIGGER", name) for name in state.triggers]
    if "views" in chosen:
        names += [("VIEW", name) for name in state.views]
    if "routines" in chosen:
        names += [(kind, name) for kind, name, _definer in state.routines if kind != "PACKAGE BODY"]
    return "".join(f"DROP {kind} IF EXISTS {quote_name(schema, name)};\n" for kind, name in names)


def drop_tables(schema: str, state: Live) -> str:
    """Returns the statements that drop all tables and sequences."""
    kinds = {name: "SEQUENCE" if table.type == "SEQUENCE" else "TABLE" for name, table in state.tables.items()}
    return "".join(f"DROP {kind} {quote_name(schema, name)};\n" for name, kind in kinds.items())


def rename_tables(*moves: tuple[str, Iterable[str], str]) -> str:
    """Returns the one statement that moves tables atomically: (from schema, tables, to schema), in this order."""
    pairs = [
        f"{quote_name(source, table)} TO {quote_name(target, table)}"
        for source, tables, target in moves
        for table in tables
    ]
    return f"RENAME TABLE {', '.join(pairs)};\n" if pairs else ""


def set_defaults(schema: str, charset: str, collation: str) -> str:
    """Returns the statement that sets a schema's defaults."""
    return f"ALTER DATABASE {quote_name(schema)} CHARACTER SET {charset} COLLATE {collation};\n"


def replay(schema: str, texts: Mapping[str, bytes], parts: Iterable[str]) -> bytes:
    """Returns the SQL of the parts, as the dump program wrote it, for this schema."""
    chosen = set(parts)
    name = f"ALTER DATABASE {quote_name(schema)} ".encode()
    text = b"".join(texts.get(part, b"") + b"\n" for part in STORED_OBJECTS if part in chosen)
    return _ALTER_DATABASE.sub(lambda _match: name, text)


def parts_to_replace(texts: Mapping[str, bytes], present: Mapping[str, bytes]) -> list[str]:
    """Returns the parts to drop and create: those that differ from the live schema's, and triggers, which do not move
    with their tables. Equal parts stay, since views and routines find the new tables by name. So do parts that the
    backup does not cover."""

    def differs(part: str) -> bool:
        there = present.get(part, b"")
        return bool(part == "triggers" and (texts[part] or there)) or _without_comments(
            texts[part]
        ) != _without_comments(there)

    return [part for part in STORED_OBJECTS if part in texts and differs(part)]


def _without_comments(text: bytes) -> bytes:
    return _SERVER_COMMENTS.sub(b"", text).strip()
