"""Contents of an archive, read from its beginning."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.db.mongodb.archive import parse
from django_rclone.db.mongodb.programs.read_archive import contents
from django_rclone.display import enumerate_some
from django_rclone.exceptions import VerificationFailed

MAGIC = struct.pack("<I", 0x8199E26D)
END = b"\xff\xff\xff\xff"
HEADER = {"concurrent_collections": 4, "version": "0.1", "server_version": "8.0.1", "tool_version": "100.10.0"}


def entry(name: str, db: str = "shop", kind: str = "", **options: Any) -> dict[str, Any]:
    metadata = json.dumps({"options": options, "indexes": [], "type": kind or "collection"})
    return {"db": db, "collection": name, "metadata": metadata, "size": 0, "type": kind}


def archive(*entries: dict[str, Any]) -> bytes:
    return MAGIC + b"".join(bson.encode(document) for document in (HEADER, *entries)) + END + b"data"


ENTRIES = (
    entry("word"),
    entry("fs.files"),
    entry("seen", kind="view", viewOn="word", pipeline=[{"$match": {"a": {"$numberInt": "1"}}}]),
    entry("series", kind="timeseries", timeseries={"timeField": "at"}),
    entry("system.js"),
    entry("system.views"),
    entry("__rs_0123abcd_word"),
)


def read(content: bytes) -> str:
    return json.dumps(contents(io.BytesIO(content)))


def test_collections_views_and_what_is_nobodys():
    found = parse(read(archive(*ENTRIES)), ["shop"])
    assert found.server_version == "8.0.1"
    assert [(one.name, one.kind) for one in found.collections] == [
        ("word", "collection"),
        ("fs.files", "collection"),
        ("series", "timeseries"),
        ("system.js", "collection"),
    ]
    (view,) = found.views
    assert json.loads(view.options) == {"viewOn": "word", "pipeline": [{"$match": {"a": {"$numberInt": "1"}}}]}
    assert [one.name for one in found.excluded] == ["seen", "system.views", "__rs_0123abcd_word"]


def test_older_tools_say_what_a_view_is_by_its_options_alone():
    old = {**entry("seen", viewOn="word", pipeline=[]), "metadata": '{"options": {"viewOn": "word"}}'}
    assert [one.name for one in parse(read(archive(old)), ["shop"]).views] == ["seen"]


@pytest.mark.parametrize(
    ("databases", "candidates", "meant"),
    [
        (["shop"], ["shop", "live"], "shop"),
        (["shop"], ["other"], "shop"),
        (["shop", "blog"], ["blog"], "blog"),
        (["shop", "blog"], ["", "shop"], "shop"),
        (["shop", "blog"], ["other"], ""),
        ([], ["shop"], ""),
    ],
)
def test_which_of_its_databases_is_meant(databases: list[str], candidates: list[str], meant: str):
    found = parse(read(archive(*(entry("t", db) for db in databases))), candidates)
    assert found.database == meant
    assert found.databases == tuple(sorted(databases))
    assert len(found.entries) == bool(meant)


@pytest.mark.parametrize("cut", range(0, len(archive(*ENTRIES)) - 8, 7))
def test_a_beginning_that_is_cut_is_damaged(cut: int):
    with pytest.raises(VerificationFailed):
        contents(io.BytesIO(archive(*ENTRIES)[:cut]))


@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_damaged_and_nothing_else(garbage: bytes, with_magic: bool):
    try:
        contents(io.BytesIO((MAGIC if with_magic else b"") + garbage))
    except VerificationFailed:
        return
    assert garbage.startswith(MAGIC)


@given(st.integers(4, len(archive(*ENTRIES)) - 9), st.integers(0, 7))
def test_a_flipped_bit_is_damaged_or_a_change_of_words(position: int, bit: int):
    content = bytearray(archive(*ENTRIES))
    content[position] ^= 1 << bit
    try:
        parse(read(bytes(content)), ["shop"])
    except VerificationFailed:
        return


def test_long_lists_are_shortened():
    assert enumerate_some(["a", "b"]) == "a, b"
    assert enumerate_some(list("abcdefg")) == "a, b, c, d, e and 2 more"
