"""Rows are read in constant memory, however many there are and however long one of them is."""

from __future__ import annotations

import io
import struct
import tracemalloc
from collections.abc import Callable, Iterator

import bson
import pytest

from django_rclone.db.mongodb.programs.fingerprint import Reader as MongodbReader
from django_rclone.db.mysql import dump_format
from django_rclone.db.mysql.programs.fingerprint import Reader as MysqlReader
from django_rclone.db.postgresql.programs.fingerprint import Reader as PostgresqlReader
from django_rclone.db.sqlite.programs.fingerprint import TextReader
from django_rclone.verification.fingerprint import Fingerprint

MEBIBYTE = 1 << 20
WIDE = b"x" * MEBIBYTE
"""Part of a row."""


class Stream(io.RawIOBase):
    """A stream that is made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def postgresql(rows: int, wide: int) -> tuple[Callable[..., Fingerprint], Iterator[bytes]]:
    def parts() -> Iterator[bytes]:
        yield b"--\n-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: -\n--\n\n"
        yield b"COPY public.t (a) FROM stdin;\n"
        for number in range(rows):
            yield b"%d\tsome text\n" % number
        yield from [WIDE] * wide
        yield b"\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n\n"

    return lambda stream: PostgresqlReader(stream).read(), parts()


def mysql(rows: int, wide: int) -> tuple[Callable[..., Fingerprint], Iterator[bytes]]:
    token = "0123456789abcdef"

    def parts() -> Iterator[bytes]:
        yield dump_format.head(token, "mysql", "9") + dump_format.mark(token, "tables") + b"INSERT INTO `t` VALUES (0,'"
        yield from [WIDE] * wide
        yield b"')"
        for number in range(rows):
            yield b",(%d,'some text')" % number
        yield b";\n-- Dump completed\n" + dump_format.mark(token, "end")

    return lambda stream: MysqlReader().read(stream, "mysql"), parts()


def sqlite(rows: int, wide: int) -> tuple[Callable[..., Fingerprint], Iterator[bytes]]:
    def parts() -> Iterator[bytes]:
        yield b"BEGIN TRANSACTION;\n"
        for number in range(rows):
            yield b"INSERT INTO t VALUES(%d,'some text');\n" % number
        yield b"INSERT INTO t VALUES(0,'"
        yield from [WIDE] * wide
        yield b"');\nCOMMIT;\n"

    return lambda stream: TextReader(stream).read(), parts()


def mongodb(rows: int, wide: int) -> tuple[Callable[..., Fingerprint], Iterator[bytes]]:
    end = b"\xff\xff\xff\xff"

    def parts() -> Iterator[bytes]:
        header, collection = bson.encode({"server_version": "8.0.0"}), bson.encode({"db": "a", "collection": "t"})
        yield struct.pack("<I", 0x8199E26D) + header + collection + end
        yield bson.encode({"db": "a", "collection": "t", "EOF": False})
        for number in range(rows + wide):
            yield bson.encode({"_id": number})
        yield end + bson.encode({"db": "a", "collection": "t", "EOF": True}) + end

    return lambda stream: MongodbReader(stream, ()).read(), parts()


# Many rows take seconds with each reader.
@pytest.mark.representatives("10-100-*", "100000-0-postgresql")
@pytest.mark.parametrize("made", [postgresql, mysql, sqlite, mongodb])
@pytest.mark.parametrize(("rows", "wide"), [(100_000, 0), (10, 100)])
def test_rows_are_read_in_constant_memory(made, rows: int, wide: int):
    read, parts = made(rows, wide)
    stream = io.BufferedReader(Stream(parts), MEBIBYTE)
    tracemalloc.start()
    try:
        found = read(stream)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (counted,) = found.rows.values()
    assert counted.count >= rows
    assert most < 12 * MEBIBYTE
