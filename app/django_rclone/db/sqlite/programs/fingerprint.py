"""A helper program: reads a database file, or the text of ``.dump``, on stdin and prints its fingerprint as JSON.

    fingerprint file STAGE    STAGE is the path of a file that is created and removed again
    fingerprint sql

A database can only be read from a file: nothing else is staged. Unlike the other programs here, this one imports the
package: the fingerprint is the same for every engine.

Virtual tables have no rows of their own: the tables in which their modules keep the contents are read. Generated
columns that are not stored are left out, since they may need functions that only the app has.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from django_rclone.db import entry_point
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, VerificationFailed
from django_rclone.process.interrupts import interruptible
from django_rclone.verification.fingerprint import LARGEST_SCHEMA, Builder, Fingerprint
from django_rclone.verification.rows import new_hash

_PIECE = 1 << 20
_MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, 1.3 "The Database Header"
_PRAGMAS = ("encoding", "page_size", "auto_vacuum", "application_id", "user_version")
_VIRTUAL = 2  # in the column "hidden" of table_xinfo, a generated column that is not stored
_QUOTED = rb"""(?:"(?:[^"]|"")*+"|'(?:[^']|'')*+'|`(?:[^`]|``)*+`|\[[^\]]*+\])"""
_NAME = rb"""(""" + _QUOTED + rb"""|[^\s("'`\[]+)"""
_COLUMNS = rb"""(?:\((?:[^()"'`\[]++|""" + _QUOTED + rb""")*+\))?"""
_INSERT = re.compile(rb"INSERT INTO " + _NAME + rb"\s*" + _COLUMNS + rb" ?VALUES(?=\()")
_VIRTUAL_TABLE = re.compile(rb"\('table',('(?:[^']|'')*+'),.*?,0,'(.*)'\);\s*", re.DOTALL)
_SEQUENCE = re.compile(rb"\((?:-?\d+,)?('(?:[^']|'')*+'),(.*)\);\s*", re.DOTALL)
_CREATE = re.compile(
    rb"CREATE (?:UNIQUE )?(TABLE|INDEX|VIEW|TRIGGER)\s+(?:IF NOT EXISTS )?" + _NAME, re.IGNORECASE | re.DOTALL
)
_PRAGMA = re.compile(rb"PRAGMA (" + "|".join(_PRAGMAS).encode() + rb")=(.*);\s*")
# Statements about the load itself.
_LOADING = re.compile(
    rb"PRAGMA (?:foreign_keys|ignore_check_constraints|writable_schema)=\w+;|BEGIN TRANSACTION;|COMMIT;|"
    rb"DELETE FROM sqlite_sequence;|ANALYZE sqlite_(?:schema|master);"
)


def read_file(source: BinaryIO, stage: Path) -> Fingerprint:
    """Returns the fingerprint of the database file in ``source``. Raises VerificationFailed if it is damaged."""
    descriptor = os.open(stage, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            while piece := source.read(_PIECE):
                file.write(piece)
        with stage.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise VerificationFailed("it does not begin as a SQLite database does.")
        try:
            with closing(sqlite3.connect(f"{stage.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
                return _read_database(database)
        except sqlite3.Error as error:
            raise VerificationFailed(f"the database cannot be read: {error}.") from error
    finally:
        stage.unlink(missing_ok=True)


def _read_database(database: sqlite3.Connection) -> Fingerprint:
    builder = Builder()
    # Text need not be valid.
    database.text_factory = lambda data: data.decode(errors="surrogateescape")
    for pragma in _PRAGMAS:
        (value,) = database.execute(f"PRAGMA {pragma}").fetchone()
        builder.value("pragma", pragma, str(value))
    tables = []
    for kind, name, page, sql in database.execute("SELECT type, name, rootpage, sql FROM sqlite_master"):
        if sql is not None:  # else it is the index of a constraint
            builder.object(kind, name, *sql.split("\n"))
        if kind == "table" and page:
            tables.append(name)
    for name in tables:
        _read_table(database, name, builder)
    return builder.finish()


def _read_table(database: sqlite3.Connection, name: str, builder: Builder) -> None:
    if name == "sqlite_sequence":
        for table, value in database.execute("SELECT name, seq FROM sqlite_sequence"):
            builder.value("sequence", str(table), str(value))
        return
    add = builder.rows("table", name).add
    for row in database.execute(_select(database, name)):
        # The form tells types and exact numbers apart. It needs memory of up to five times the row.
        add(repr(row).encode())


def _select(database: sqlite3.Connection, table: str) -> str:
    """Returns the query for all rows, in any order. Raises sqlite3.OperationalError if there is none."""
    found = database.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
    columns = [name for _id, name, *_rest, hidden in found if hidden != _VIRTUAL]
    names = {column.lower() for column in columns}
    # Other tables may refer to a rowid (a full-text index does).
    rowid = next(([name] for name in ("rowid", "_rowid_", "oid") if name not in names), [])
    listed = ", ".join(map(_quoted, columns))
    # An index may need a function or a collation that only the app has. A table without rowid is an index itself.
    _add_collations(database, table)
    queries = [
        f"SELECT {', '.join([*first, listed])} FROM {_quoted(table)}{how}"  # noqa: S608 - quoted
        for first, how in ((rowid, " NOT INDEXED"), ([], " NOT INDEXED"), ([], ""))
    ]
    for query in queries[:-1]:
        with suppress(sqlite3.OperationalError):
            database.execute(f"EXPLAIN {query}").fetchone()
            return query
    return queries[-1]


def _add_collations(database: sqlite3.Connection, table: str) -> None:
    """Adds stand-ins for the collations of a table's indexes, so that SQLite reads the table. Nothing is sorted."""
    for _number, index, *_rest in database.execute(f"PRAGMA index_list({_quoted(table)})").fetchall():
        for row in database.execute(f"PRAGMA index_xinfo({_quoted(index)})").fetchall():
            if row[4] and row[4].upper() not in ("BINARY", "NOCASE", "RTRIM"):
                database.create_collation(row[4], lambda _a, _b: 0)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class TextReader:
    """Reads SQL text."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._builder = Builder()

    def read(self) -> Fingerprint:
        """Returns the fingerprint. Raises VerificationFailed if the text does not end as it should."""
        last = b""
        for statement in self._statements():
            last = statement
            self._add(statement)
        if last != b"COMMIT;":
            raise VerificationFailed("its SQL text does not end with COMMIT.")
        return self._builder.finish()

    def _statements(self) -> Iterator[bytes]:
        """Yields the statements but those that insert a row."""
        text = b""
        while piece := self._source.readline(_PIECE):
            text += piece
            if insert := _INSERT.match(text) if text.startswith(b"INSERT INTO ") else None:
                self._insert(insert[1], text[insert.end() :])
                text = b""
            elif len(text) > LARGEST_SCHEMA:
                raise DjangoRcloneError("a definition of its schema is too large to be compared.")
            elif not text.strip():
                text = b""
            elif piece.rstrip().endswith(b";") and sqlite3.complete_statement(text.decode(errors="replace")):
                yield text.strip()
                text = b""
        if text.strip():
            raise VerificationFailed("its SQL text ends within a statement.")

    def _insert(self, table: bytes, values: bytes) -> None:
        """Reads one row; ``values`` is its beginning."""
        name = _decode(table)
        whole: list[bytes] | None = [] if name in ("sqlite_schema", "sqlite_master", "sqlite_sequence") else None
        digest = new_hash()
        odd = False  # whether a string goes on: quotes in it are doubled
        piece = values
        while True:
            digest.update(piece)
            if whole is not None:
                whole.append(piece)
            odd ^= bool(piece.count(b"'") % 2)
            if not odd and piece.endswith(b"\n"):
                break
            piece = self._source.readline(_PIECE)
            if not piece:
                raise VerificationFailed("its SQL text ends within a row.")
        self._add_row(name, digest, b"".join(whole or ()))

    def _add_row(self, table: str, digest: blake2b, values: bytes) -> None:
        if found := _VIRTUAL_TABLE.fullmatch(values):
            self._builder.object("table", _decode(found[1]), *_text(found[2].replace(b"''", b"'")).split("\n"))
        elif table == "sqlite_sequence" and (found := _SEQUENCE.fullmatch(values)):
            self._builder.value("sequence", _decode(found[1]), _text(found[2]))
        else:
            self._builder.rows("table", table).add_hash(digest.digest())

    def _add(self, statement: bytes) -> None:
        if found := _PRAGMA.fullmatch(statement):
            self._builder.value("pragma", found[1].decode(), _text(found[2].strip(b"'")))
        elif _LOADING.fullmatch(statement):
            pass
        elif found := _CREATE.match(statement):
            kind, name = found[1].decode().lower(), _decode(found[2])
            self._builder.object(kind, name, *_text(statement.rstrip(b";")).split("\n"))
            if kind == "table":
                self._builder.rows("table", name)
        else:
            self._builder.object("other statements", "", *_text(statement).split("\n"))


def _decode(name: bytes) -> str:
    """Returns a name without its quotes."""
    quote = name[:1]
    if quote == b"[":
        return _text(name[1:-1])
    return _text(name[1:-1].replace(quote * 2, quote) if quote in (b'"', b"'", b"`") else name)


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


@interruptible()
def main(arguments: list[str]) -> None:
    """Prints the fingerprint of what is on stdin."""
    match arguments:
        case ["file", stage]:
            found = read_file(sys.stdin.buffer, Path(os.fsdecode(stage)))
        case ["sql"]:
            found = TextReader(sys.stdin.buffer).read()
        case _:
            raise ConfigurationError(f"{arguments} is not a known command.")
    print(found.to_json())


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
