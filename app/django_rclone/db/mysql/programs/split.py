"""A helper program: turns the dump on stdin into the client's input, and ends with 0 only if the dump is complete.

    split MODE LIVE SCHEMA FLAVOUR LIMIT [CHARSET COLLATION]

MODE is one of:

- ``scratch``: create SCHEMA with these defaults; load the tables, and all else as rows of its journal
- ``into``: the same for an existing, empty SCHEMA
- ``in-place``: load everything as it is into the existing SCHEMA
- ``check``: only read the dump

LIMIT is the longest statement in bytes that the server takes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import BinaryIO

from django_rclone.db import entry_point
from django_rclone.db.mysql import dump_format, journal
from django_rclone.db.mysql.clients import TITLES
from django_rclone.db.mysql.dump_format import ALWAYS_PRESENT, STORED_OBJECTS, TABLES, LegacyParts, read_head, read_mark
from django_rclone.db.mysql.quoting import quote_name
from django_rclone.db.mysql.table_rewrites import CLIENT_LIMIT, Statements
from django_rclone.exceptions import ConfigurationError, VerificationFailed
from django_rclone.process.interrupts import interruptible

_LINE = 1 << 20
_MARIADB = re.compile(rb"-- MariaDB dump |/\*M?!999999\\- enable the sandbox mode")
_MYSQL = re.compile(rb"-- MySQL dump ")
_COMPLETE = b"-- Dump completed"


def lines(source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yields the lines, long ones in pieces, each with whether it begins a line."""
    begins = True
    while piece := source.readline(_LINE):
        yield piece, begins
        begins = piece.endswith(b"\n")


def split(source: BinaryIO, flavour: str, limit: int = CLIENT_LIMIT) -> Iterator[tuple[str, bytes]]:
    """Yields the dump in pieces, each with its part. Every part that the dump covers comes at least once, even if it is
    empty. Raises VerificationFailed if the dump is incomplete, ConfigurationError if it is for another flavour."""
    stream = lines(source)
    statements = Statements(limit=limit)
    first, _ = next(stream, (b"", True))
    ours = read_head(first)
    if ours is not None:
        token, written_by, _version = ours
        _check_flavour(written_by, flavour)
        yield from ((part, b"") for part in (TABLES, *STORED_OBJECTS))
        yield from _marked(stream, token, statements)
    else:
        _check_flavour(_flavour_of(first), flavour)
        yield from ((part, b"") for part in ALWAYS_PRESENT)
        yield TABLES, first
        yield from _unmarked(stream, statements)


def _marked(stream: Iterator[tuple[bytes, bool]], token: str, statements: Statements) -> Iterator[tuple[str, bytes]]:
    part, complete = TABLES, True
    for piece, begins in stream:
        found = read_mark(piece, token) if begins else ""
        if found:
            if not complete:
                raise VerificationFailed(f"the backup is damaged: its part {part} is not complete.")
            if found == dump_format.END.decode():
                return
            part, complete = found, False
            continue
        complete = complete or (begins and piece.startswith(_COMPLETE))
        yield part, statements.rewrite(piece, begins) if part == TABLES else piece
    raise VerificationFailed("the backup is damaged: its end is missing.")


def _unmarked(stream: Iterator[tuple[bytes, bool]], statements: Statements) -> Iterator[tuple[str, bytes]]:
    legacy = LegacyParts()
    part: str | None = TABLES
    complete = False
    for piece, begins in stream:
        if begins:
            if legacy.changes_schema(piece):
                raise ConfigurationError(
                    "the backup names the schema that it is for (mysqldump --databases): load it by hand."
                )
            part = legacy.part_of(piece)
            complete = piece.startswith(_COMPLETE) or (complete and not piece.strip())
        if part is not None:
            yield part, statements.rewrite(piece, begins) if part == TABLES else piece
    if not complete:
        raise VerificationFailed('the backup is damaged: it does not end with "-- Dump completed".')


def _flavour_of(line: bytes) -> str:
    if _MARIADB.match(line):
        return "mariadb"
    if _MYSQL.match(line):
        return "mysql"
    raise VerificationFailed("the backup is damaged: it does not begin like a dump of mysqldump or mariadb-dump.")


def _check_flavour(written_by: str, flavour: str) -> None:
    if written_by != flavour:
        raise ConfigurationError(
            f"this is a backup of {TITLES[written_by]}, and the server is {TITLES[flavour]}: neither loads the other's "
            f"dumps reliably. Restore it on a {TITLES[written_by]} server."
        )


def write_to_scratch(source: BinaryIO, target: BinaryIO, schema: str, flavour: str, limit: int = CLIENT_LIMIT) -> None:
    """Writes the tables to ``target``, and everything else as rows of the journal."""
    texts: dict[str, bytearray] = {}
    written: dict[str, int] = {}

    def record(part: str, size: int) -> None:
        body = bytes(texts[part][:size])
        del texts[part][:size]
        target.write(journal.write(schema, part, body, written.get(part, 0)).encode())
        written[part] = written.get(part, 0) + 1

    for part, piece in split(source, flavour, limit):
        if part == TABLES:
            target.write(piece)
            continue
        text = texts.setdefault(part, bytearray())
        text += piece
        while len(text) >= journal.CHUNK:
            record(part, journal.CHUNK)
    for part, text in texts.items():
        if text or part not in written:
            record(part, len(text))
    target.write(journal.set_state(schema, journal.LOADED).encode())


def statements_before(mode: str, live: str, schema: str, charset: str = "", collation: str = "") -> str:
    """Returns the statements before the dump."""
    script = journal.assert_lock(live)
    if mode == "scratch":
        script += f"CREATE DATABASE {quote_name(schema)} CHARACTER SET {charset} COLLATE {collation};\n"
    script += f"USE {quote_name(schema)};\n"
    return script if mode == "in-place" else script + journal.create(schema)


@interruptible()
def main(arguments: list[str]) -> None:
    """Splits the dump on stdin."""
    mode, live, schema, flavour, longest, *charset = arguments
    limit = int(longest)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    if mode == "check":
        for _part, _piece in split(source, flavour, limit):
            continue
        return
    target.write(statements_before(mode, live, schema, *charset).encode())
    if mode == "in-place":
        for _part, piece in split(source, flavour, limit):
            target.write(piece)
    else:
        write_to_scratch(source, target, schema, flavour, limit)
    target.flush()


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
