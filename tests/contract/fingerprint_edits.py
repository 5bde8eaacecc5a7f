"""Edits of dumps, each with what a difference must name: a row lost, a digit changed, an index missing, and so on.

They are made on the text, or on the documents, without the parsers that they try.
"""

from __future__ import annotations

import json
import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bson


@dataclass(frozen=True)
class Edit:
    """One edit of a dump."""

    what: str
    data: bytes
    name: str
    """Part of the name that a difference must have."""


def altered(line: bytes) -> bytes | None:
    """The line with its last digit changed, or else a letter; None if it has neither."""
    if found := re.search(rb"\d(?=\D*\Z)", line):
        digit = b"%d" % ((int(found[0]) + 1) % 10)
        return line[: found.start()] + digit + line[found.end() :]
    if found := re.search(rb"[A-Za-z](?=[^A-Za-z]*\Z)", line):
        letter = b"q" if found[0] != b"q" else b"k"
        return line[: found.start()] + letter + line[found.end() :]
    return None


def line_edits(data: bytes, start: int, end: int, name: str, what: str, *, first: int = 0) -> Iterator[Edit]:
    """Loses and alters each line between two positions, from line ``first`` on."""
    position = start
    for number, line in enumerate(data[start:end].splitlines(keepends=True)):
        after = position + len(line)
        if number >= first and line.strip() and not line.startswith(b"SET default_"):
            if all(line.count(quote) % 2 == 0 for quote in (b"'", b'"')):  # else nothing would be left but quotes
                yield Edit(f"{what}: line lost: {line!r}", data[:position] + data[after:], name)
            if (other := altered(line)) is not None:
                yield Edit(f"{what}: line altered: {line!r}", data[:position] + other + data[after:], name)
        position = after


# PostgreSQL

_ENTRY = re.compile(
    rb"^--\n-- (?:Data for )?Name: (.*); Type: ([A-Z ]+); Schema: (.*?); Owner: .*\n--\n\n", re.MULTILINE
)
_POSTGRESQL_END = b"--\n-- PostgreSQL database dump complete"


def postgresql(script: bytes) -> Iterator[Edit]:
    """Edits of a script of pg_restore."""
    headings = list(_ENTRY.finditer(script))
    ends = [*(heading.start() for heading in headings[1:]), script.rindex(_POSTGRESQL_END)]
    for heading, end in zip(headings, ends, strict=True):
        name, kind = heading[1].decode(), heading[2].decode()
        start = heading.end()
        body = script[start:end]
        if kind in ("BLOB", "BLOB METADATA", "BLOBS"):
            name = "large object"
        if not body.strip() or body.startswith(b"-- *not* creating"):
            continue
        if kind == "TABLE DATA" and b" FROM stdin;\n\\.\n" in body:
            continue  # without rows nothing is lost with it
        yield Edit(f"{kind} {name} lost", script[: heading.start()] + script[end:], name)
        if kind == "TABLE DATA":
            rows = start + body.index(b" FROM stdin;\n") + len(b" FROM stdin;\n")
            last = script.rindex(b"\\.\n", rows, end)
            yield from _copy_edits(script, rows, last, name)
        elif kind in ("BLOBS", "BLOB", "BLOB METADATA"):
            for line in re.finditer(rb"^SELECT .*(?:lo_create|lo_open|lowrite)\(.*\n", body, re.MULTILINE):
                if (other := altered(line[0])) is not None and b"lo_open" not in line[0]:
                    yield Edit(f"{line[0][:60]!r} altered", script.replace(line[0], other, 1), name)
        else:
            yield from line_edits(script, start, end, name, kind)


def _copy_edits(script: bytes, start: int, end: int, name: str) -> Iterator[Edit]:
    position = start
    for line in script[start:end].splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        after = position + len(line)
        yield Edit(f"row of {name} lost", script[:position] + script[after:], name)
        yield Edit(f"row of {name} duplicated", script[:after] + line + script[after:], name)
        fields = line[:-1].split(b"\t")
        for index, field in enumerate(fields):
            others = [b"" if field == b"\\N" else b"\\N", altered(field) if field != b"\\N" else None]
            for other in others:
                if other is not None and other != field:
                    row = b"\t".join([*fields[:index], other, *fields[index + 1 :]]) + b"\n"
                    yield Edit(
                        f"{name}: {field[:40]!r} now {other[:40]!r}", script[:position] + row + script[after:], name
                    )
        position = after


# MySQL and MariaDB

_TABLE = re.compile(rb"^CREATE TABLE (`(?:[^`]|``)*`) \((?:.|\n)*?;\n", re.MULTILINE)
_INSERT = re.compile(rb"^INSERT INTO (`(?:[^`]|``)*`) .*?VALUES\s", re.MULTILINE)
_STORED = re.compile(
    rb"^(?:DELIMITER ;;\n)?(CREATE DEFINER|/\*!50003 CREATE\*/|/\*!50106 CREATE\*/|/\*!50001 CREATE ALGORITHM)"
    rb"(?:.|\n)*?(?:;;|\*/;)\n(?=DELIMITER|/\*!)",
    re.MULTILINE,
)
_STORED_NAME = re.compile(rb"(?:FUNCTION|PROCEDURE|TRIGGER|EVENT|VIEW) (`(?:[^`]|``)*`|\w+)")
_STORED_SETTING = re.compile(rb"^/\*!\d+ SET (?:sql_mode|collation_connection) += [^@].*\n", re.MULTILINE)


def mysql(dump: bytes) -> Iterator[Edit]:
    """Edits of a dump of MySQL or MariaDB."""
    for table in _TABLE.finditer(dump):
        name = _unquoted(table[1])
        yield Edit(f"table {name} lost", dump[: table.start()] + dump[table.end() :], name)
        yield from line_edits(dump, table.start(), table.end() - 2, name, "table", first=1)
    for insert in _INSERT.finditer(dump):
        yield from _insert_edits(dump, insert.end(), _unquoted(insert[1]))
    for stored in _STORED.finditer(dump):
        found = _STORED_NAME.search(stored[0])
        assert found is not None
        name = _unquoted(found[1])
        start = stored.start() + (len(b"DELIMITER ;;\n") if stored[0].startswith(b"DELIMITER") else 0)
        yield Edit(f"{found[0]!r} lost", dump[:start] + dump[stored.end() :], name)
        body = dump[start : stored.end()]
        position = start
        for line in body.splitlines(keepends=True):
            after = position + len(line)
            # Not its name, nor its end.
            other = altered(line.removesuffix(b"\n").rstrip(b";"))
            if other is not None and found[0] not in line:
                rest = line[len(line.removesuffix(b"\n").rstrip(b";")) :]
                yield Edit(f"{name}: altered {line!r}", dump[:position] + other + rest + dump[after:], name)
            position = after
        if settings := list(_STORED_SETTING.finditer(dump, 0, start)):
            last = settings[-1]
            text = (
                last[0].replace(b"'", b"'ANSI_QUOTES,", 1)
                if b"sql_mode" in last[0]
                else last[0].replace(b"_ci", b"_bin")
            )
            yield Edit(f"{name}: {last[0]!r} altered", dump[: last.start()] + text + dump[last.end() :], name)
    for sequence in re.finditer(rb"DO SETVAL\(`(\w+)`, (\d+)", dump):
        other = altered(sequence[0])
        assert other is not None
        yield Edit("sequence moved", dump.replace(sequence[0], other), sequence[1].decode())


def _unquoted(name: bytes) -> str:
    return (name[1:-1].replace(b"``", b"`") if name.startswith(b"`") else name).decode()


def _insert_edits(dump: bytes, start: int, name: str) -> Iterator[Edit]:
    rows = list(_rows(dump, start))
    for number, (begin, end, fields) in enumerate(rows):
        row = dump[begin:end]
        yield Edit(f"row of {name} duplicated", dump[:end] + b"," + row + dump[end:], name)
        if len(rows) > 1:
            kept = b",".join(dump[first:last] for index, (first, last, _f) in enumerate(rows) if index != number)
            yield Edit(f"row of {name} lost", dump[: rows[0][0]] + kept + dump[rows[-1][1] :], name)
        for first, last in fields:
            value = dump[first:last]
            for other in (b"''" if value == b"NULL" else b"NULL", altered(value) if value != b"NULL" else None):
                if other is not None and other != value and b"\\" not in other[-3:]:
                    yield Edit(f"{name}: {value[:40]!r} now {other[:40]!r}", dump[:first] + other + dump[last:], name)


def _rows(dump: bytes, position: int) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Yields the beginning and the end of each row, and of its fields."""
    while dump[position : position + 1] != b";":
        while dump[position : position + 1] in (b",", b"\n"):
            position += 1
        begin, fields, quoted = position, [], False
        position += 1
        first = position
        while quoted or dump[position : position + 1] != b")":
            byte = dump[position : position + 1]
            if quoted and byte == b"\\":
                position += 1
            elif byte == b"'":
                quoted = not quoted
            elif byte == b"," and not quoted:
                fields.append((first, position))
                first = position + 1
            position += 1
        fields.append((first, position))
        position += 1
        yield begin, position, fields


# SQLite

_SQL_OBJECT = re.compile(
    rb"CREATE (?:UNIQUE )?(?:TABLE|INDEX|VIEW|TRIGGER) (?:IF NOT EXISTS )?(\"(?:[^\"]|\"\")*\"|'[^']*'|\w+)"
)
_SQL_INSERT = re.compile(rb"INSERT INTO (\"(?:[^\"]|\"\")*\"|\w+)(?:\([^)]*\))? ?VALUES\(")
_SQL_VALUE = re.compile(rb"(?<![\w.'])-?\d+(?=[,)])|'[a-z ]+'(?=[,)])|NULL")


def sqlite_text(text: bytes) -> Iterator[Edit]:
    """Edits of SQL text."""
    position = 0
    while position < len(text):
        end = position
        while True:
            end = text.index(b";\n", end) + 2
            if sqlite3.complete_statement(text[position:end].decode(errors="replace")):
                break
        yield from _statement_edits(text, position, end)
        position = end


def _statement_edits(text: bytes, position: int, end: int) -> Iterator[Edit]:
    statement = text[position:end]
    without = text[:position] + text[end:]
    if found := _SQL_OBJECT.match(statement):
        name = found[1].strip(b"\"'").replace(b'""', b'"').decode()
        yield Edit(f"{name} lost", without, name)
        last = len(statement.removesuffix(b"END;\n"))
        if (other := altered(statement[found.end() : last])) is not None:
            yield Edit(f"{name} altered", text[: position + found.end()] + other + text[position + last :], name)
    elif insert := _SQL_INSERT.match(statement):
        name = insert[1].strip(b'"').replace(b'""', b'"').decode()
        names = [text.decode(errors="replace") for text in re.findall(rb"'((?:[^']|'')*)'", statement)]
        if name == "sqlite_schema":
            yield Edit(f"{names[1]} lost", without, names[1])
        elif name == "sqlite_sequence":
            yield Edit(f"sequence of {names[0]} lost", without, names[0])
            other = altered(statement)
            assert other is not None
            yield Edit(f"sequence of {names[0]} moved", text[:position] + other + text[end:], names[0])
        else:
            yield Edit(f"row of {name} lost", without, name)
            yield Edit(f"row of {name} duplicated", text[:end] + statement + text[end:], name)
            yield from _value_edits(text, position + insert.end(), end, name)
    elif pragma := re.match(rb"PRAGMA (user_version|application_id|page_size)=", statement):
        other = altered(statement)
        assert other is not None
        yield Edit(f"{statement!r} altered", text[:position] + other + text[end:], pragma[1].decode())


def _value_edits(text: bytes, start: int, end: int, name: str) -> Iterator[Edit]:
    for value in _SQL_VALUE.finditer(text, start, end):
        others = (b"''", None) if value[0] == b"NULL" else (b"NULL", altered(value[0]))
        for other in others:
            if other is not None:
                edited = text[: value.start()] + other + text[value.end() :]
                yield Edit(f"{name}: {value[0]!r} now {other!r}", edited, name)


def sqlite_file(data: bytes, folder: Path) -> Iterator[Edit]:
    """Edits of a database file, by SQL."""
    path = folder / "edited"
    path.write_bytes(data)
    with closing(_open(path)) as database:
        schema = database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        virtual = {name for kind, name, sql in schema if sql.upper().startswith("CREATE VIRTUAL")}
        shadows = {name for _kind, name, _sql in schema for table in virtual if name.startswith(f"{table}_")}
        columns = {
            name: [(row[1], row[5]) for row in database.execute(f"PRAGMA table_info({_q(name)})")]
            for kind, name, _sql in schema
            if kind == "table" and name not in virtual
        }
        counts = {name: database.execute(f"SELECT count(*) FROM {_q(name)}").fetchone()[0] for name in columns}
    for kind, name, sql in schema:
        if not name.startswith("sqlite_") and name not in shadows:
            what = "tbl_name" if kind == "table" else "name"  # with its indexes and triggers
            yield _by_sql(
                f"{kind} {name} lost", data, path, f"DELETE FROM sqlite_master WHERE {what} = {_t(name)}", name
            )
            other = altered(sql.encode())
            assert other is not None
            change = f"UPDATE sqlite_master SET sql = {_t(other.decode())} WHERE name = {_t(name)}"
            if kind != "table":
                yield _by_sql(f"{kind} {name} altered", data, path, change, name)
    for name, there in columns.items():
        if name in ("sqlite_sequence", "sqlite_stat1"):
            continue
        for number in range(counts[name]):
            keys = [column for column, key in there if key]
            identity = ", ".join(_q(column) for column in keys) or "rowid"
            row = f"({identity}) = (SELECT {identity} FROM {_q(name)} LIMIT 1 OFFSET {number})"
            yield _by_sql(f"row {number} of {name} lost", data, path, f"DELETE FROM {_q(name)} WHERE {row}", name)
            for column, key in there:
                if key:
                    continue
                c = _q(column)
                for new in (
                    f"CASE WHEN {c} IS NULL THEN '' END",
                    f"CAST({c} AS TEXT) || '1'",
                    f"CAST({c} AS BLOB) || x'00'",
                ):
                    yield _by_sql(
                        f"row {number} of {name}: {column} now {new}",
                        data,
                        path,
                        f"UPDATE {_q(name)} SET {c} = {new} WHERE {row} AND {c} IS NOT ({new})",
                        name,
                    )
    for table in ("author", "book", "order by"):
        yield _by_sql(
            "sequence moved", data, path, f"UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = {_t(table)}", table
        )
    for pragma in ("user_version", "application_id"):
        yield _by_sql(f"{pragma} altered", data, path, f"PRAGMA {pragma} = 3", pragma)


def _by_sql(what: str, data: bytes, path: Path, statement: str, name: str) -> Edit:
    path.write_bytes(data)
    with closing(_open(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("PRAGMA writable_schema = ON")
        before = database.total_changes
        try:
            database.execute(statement)
            done = statement.startswith("PRAGMA") or database.total_changes > before
        except sqlite3.IntegrityError:  # a rule of the table forbids this edit
            done = False
    return Edit(what, path.read_bytes() if done else b"", name)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _t(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# MongoDB

_MAGIC, _END = struct.pack("<I", 0x8199E26D), b"\xff\xff\xff\xff"


def mongodb(data: bytes) -> Iterator[Edit]:
    """Edits of an archive, by document."""
    (header, *entries), *blocks = _sections(data)
    for number, entry in enumerate(entries):
        described = bson.decode(entry)
        name = described["collection"]
        metadata = json.loads(described["metadata"])
        rest = [*entries[:number], *entries[number + 1 :]]
        others = [block for block in blocks if bson.decode(block[0])["collection"] != name]
        yield Edit(f"collection {name} lost", _archive(header, rest, others), name)
        for changed in (*_index_edits(metadata), {**metadata, "options": {"capped": True}}):
            edited = bson.encode({**described, "metadata": json.dumps(changed)})
            whole = [*entries[:number], edited, *entries[number + 1 :]]
            yield Edit(f"description of {name}", _archive(header, whole, blocks), name)
    for number, (head, *documents) in enumerate(blocks):
        name = bson.decode(head)["collection"]
        for index, document in enumerate(documents):
            for what, new in (("lost", []), ("duplicated", [document] * 2), *_document_edits(document)):
                block = [head, *documents[:index], *new, *documents[index + 1 :]]
                edited = [*blocks[:number], block, *blocks[number + 1 :]]
                yield Edit(f"document of {name} {what}", _archive(header, entries, edited), name)


def _index_edits(metadata: dict[str, Any]) -> Iterator[dict[str, Any]]:
    indexes = metadata["indexes"]
    for number, index in enumerate(indexes):
        rest = [*indexes[:number], *indexes[number + 1 :]]
        yield {**metadata, "indexes": rest}
        yield {**metadata, "indexes": [*rest, {**index, "name": f"{index['name']} later"}]}
        yield {**metadata, "indexes": [*rest, {**index, "sparse": not index.get("sparse")}]}
        yield {**metadata, "indexes": [*rest, {**index, "key": {**index["key"], "later": {"$numberInt": "1"}}}]}
        yield {**metadata, "indexes": [*rest, {**index, "expireAfterSeconds": {"$numberInt": "7"}}]}


def _document_edits(document: bytes) -> Iterator[tuple[str, list[bytes]]]:
    values = bson.decode(document)
    yield "with another field", [bson.encode({**values, "later": None})]
    for key in values:
        if len(document) < 10_000 and key != "_id":
            yield f"without {key!r}", [bson.encode({other: value for other, value in values.items() if other != key})]
            yield f"with another {key!r}", [bson.encode({**values, key: "edited"})]
            yield f"with an empty {key!r}", [bson.encode({**values, key: None if values[key] is not None else ""})]
    if len(values) > 1:
        last = next(reversed(values))
        moved = {"_id": values["_id"], last: values[last], **values}
        if list(moved) != list(values):
            yield "in another order", [bson.encode(moved)]


def _sections(data: bytes) -> Iterator[list[bytes]]:
    position, section = len(_MAGIC), list[bytes]()
    while position < len(data):
        if data[position : position + 4] == _END:
            yield section
            position, section = position + 4, []
            continue
        (size,) = struct.unpack_from("<I", data, position)
        section.append(data[position : position + size])
        position += size


def _archive(header: bytes, entries: list[bytes], blocks: list[list[bytes]]) -> bytes:
    return _MAGIC + b"".join([header, *entries, _END, *(part for block in blocks for part in (*block, _END))])
