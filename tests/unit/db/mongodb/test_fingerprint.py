"""Archives of mongodump: what is compared, and what the server changes by itself."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import bson
import pytest

from django_rclone.db.mongodb.programs.fingerprint import Reader
from django_rclone.exceptions import DjangoRcloneError, VerificationFailed
from django_rclone.verification.comparison import differences
from django_rclone.verification.fingerprint import Fingerprint, Identity

MAGIC, END = struct.pack("<I", 0x8199E26D), b"\xff\xff\xff\xff"


def index(name: str, **options: Any) -> dict[str, Any]:
    return {"v": {"$numberInt": "2"}, "key": {name: {"$numberInt": "1"}}, "name": f"{name}_1", **options}


def described(name: str, *indexes: dict[str, Any], db: str = "app", **metadata: Any) -> dict[str, Any]:
    return {"db": db, "collection": name, "metadata": json.dumps({"indexes": indexes, "uuid": "1", **metadata})}


def block(name: str, *documents: dict[str, Any], eof: bool = False, db: str = "app") -> bytes:
    head = bson.encode({"db": db, "collection": name, "EOF": eof, "CRC": 1})
    return head + b"".join(bson.encode(document) for document in documents) + END


def archive(entries: list[dict[str, Any]], *blocks: bytes) -> bytes:
    prelude = bson.encode({"version": "0.1", "server_version": "8.0.0"}) + b"".join(bson.encode(one) for one in entries)
    return MAGIC + prelude + END + b"".join(blocks)


def read(data: bytes, *names: str) -> Fingerprint:
    return Reader(io.BytesIO(data), names or ("app",)).read()


DOCUMENTS = [{"_id": 1, "a": 1}, {"_id": 2, "a": 1.0}, {"_id": 3, "a": None}]
WHOLE = archive(
    [described("t", index("_id"), index("a")), described("empty", index("_id"))],
    block("t", *DOCUMENTS),
    block("empty", eof=True),
    block("t", eof=True),
)


def test_collections_indexes_and_documents():
    found = read(WHOLE)
    assert [str(name) for name in found.objects] == [
        'collection "t"',
        'index "t._id_1"',
        'index "t.a_1"',
        'collection "empty"',
        'index "empty._id_1"',
    ]
    assert {str(name): rows.count for name, rows in found.rows.items()} == {
        'collection "t"': 3,
        'collection "empty"': 0,
    }


def test_documents_may_come_in_other_blocks_and_collections_have_other_ids():
    other = archive(
        [described("empty", index("_id"), uuid="2"), described("t", index("a", storageEngine={"x": 1}), index("_id"))],
        block("t", DOCUMENTS[2]),
        block("empty", eof=True),
        block("t", DOCUMENTS[1], DOCUMENTS[0]),
        block("t", eof=True),
    )
    assert not differences(read(WHOLE), read(other))


@pytest.mark.parametrize(
    ("entry", "documents", "sentence"),
    [
        (described("t", index("_id"), index("a")), DOCUMENTS[1:], 'collection "t": 1 document is missing'),
        (
            described("t", index("_id"), index("a")),
            [{"_id": 1, "a": 1.0}, *DOCUMENTS[1:]],
            'collection "t": at least 1 document differs',
        ),
        (
            described("t", index("_id"), index("a")),
            [*DOCUMENTS[:2], {"_id": 3, "a": None, "b": 1}],
            'collection "t": at least 1 document differs',
        ),
        (described("t", index("_id")), DOCUMENTS, 'index "t.a_1" is missing'),
        (described("t", index("_id"), index("a", unique=True)), DOCUMENTS, 'index "t.a_1" differs: + unique: true'),
        (
            described("t", index("_id"), index("a"), options={"capped": True}),
            DOCUMENTS,
            'collection "t" differs: + capped: true',
        ),
    ],
)
def test_a_change_is_named(entry: dict[str, Any], documents: list[dict[str, Any]], sentence: str):
    blocks = block("t", *documents), block("t", eof=True), block("empty", eof=True)
    assert differences(read(WHOLE), read(archive([entry, described("empty", index("_id"))], *blocks))) == [sentence]


def test_views_have_definitions_and_time_series_a_note():
    series = {"timeseries": {"timeField": "at"}}
    entries = [described("v", options={"viewOn": "t", "pipeline": []}), described("s", options=series)]
    found = read(archive(entries, block("system.buckets.s", {"_id": 1}), block("system.buckets.s", eof=True)))
    assert found.objects[Identity("view", "v")] == ("pipeline: []", 'viewOn: "t"')
    assert found.objects[Identity("time series", "s")] == ('timeseries: {"timeField": "at"}',)
    assert found.notes == ("The measurements of the time series s are not compared.",)
    assert not found.rows


def test_collections_of_the_server_and_of_a_restore_are_left_out():
    names = ("system.profile", "__rs_journal", "__rs_01234567_t")
    blocks = [made for name in names for made in (block(name, {"_id": 1}), block(name, eof=True))]
    assert read(archive([described(name) for name in names], *blocks)) == Fingerprint()


def test_the_database_of_this_name_is_read():
    entries = [described("t", db="a"), described("t", db="b")]
    data = archive(entries, block("t", {"x": 1}, db="a"), block("t", eof=True, db="b"), block("t", eof=True, db="a"))
    counts = [read(data, name).rows[Identity("collection", "t")].count for name in ("a", "b")]
    assert counts == [1, 0]
    assert read(data, "other", "a") == read(data, "a")
    with pytest.raises(DjangoRcloneError, match="several databases"):
        read(data, "other")


def test_an_archive_that_is_cut_is_refused():
    for length in range(len(WHOLE)):
        with pytest.raises(VerificationFailed):
            read(WHOLE[:length])
