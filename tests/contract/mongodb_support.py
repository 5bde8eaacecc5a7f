"""A MongoDB database with everything in it that has ever been lost between a dump and its restore."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

import bson
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps
from bson.raw_bson import RawBSONDocument
from gridfs import GridFSBucket
from pymongo.database import Database

quoted = shlex.quote

VALUES: dict[str, Any] = {
    "text": "zwölf 𝄞 \u0000 after NUL \u2028 '\"\\ $ .",
    "long text": "x" * 100_000,
    "whole": 1,
    "long": Int64(1),
    "largest": Int64(2**63 - 1),
    "double": 1.0,
    "minus zero": -0.0,
    "infinite": float("inf"),
    "not a number": float("nan"),
    "decimal": Decimal128(Decimal("1.10")),
    "decimal not a number": Decimal128("NaN"),
    "bytes": b"\x00\xff",
    "uuid": Binary(bytes(range(16)), 4),
    "own bytes": Binary(b"\x01", 128),
    "id": ObjectId("0123456789abcdef01234567"),
    "yes": True,
    "nothing": None,
    "moment": datetime(2026, 11, 24, 1, 2, 3, 456000),  # noqa: DTZ001 - as BSON has it, in UTC
    "long ago": datetime(1, 1, 1),  # noqa: DTZ001
    "pattern": Regex("^a.*/b$", "im"),
    "code": Code("function() { return 1 }"),
    "code in a scope": Code("function() { return x }", {"x": 1}),
    "timestamp": Timestamp(1, 2),
    "least": MinKey(),
    "most": MaxKey(),
    "list": [1, [2, []], {}],
    "deep": {"a": {"b": {"c": [{"d": None}]}}},
    "": "an empty name",
    "zz": 1,
    "aa": "the order of fields counts",
}
ODD_NAMES = (
    *("with blank", "ünïcödé 𝄞", "'quoted' \"twice\"", "a*star", "back\\slash", "UPPER", "upper", "-dash"),
    "word.dot",
)
LONG_NAME = "l" * 150


def build(database: Database[dict[str, Any]], abilities: Collection[str]) -> None:
    """Fills the database."""
    database["values"].insert_many([{"_id": key, "value": value} for key, value in VALUES.items() if key])
    database["values"].insert_one({"_id": {"composed": 1, "of": [2]}, **VALUES})
    for name in (*ODD_NAMES, LONG_NAME):
        database[name].insert_many([{"_id": number, "name": name} for number in range(3)])
    database.command({"create": "empty"})
    database.command({"create": "empty with an index"})
    database["empty with an index"].create_index("a")
    _build_indexes(database)
    GridFSBucket(database).upload_from_stream("photo.jpg", bytes(range(256)) * 4096, metadata={"by": "us"})
    GridFSBucket(database, "other.bucket").upload_from_stream("empty", b"")
    # Close to the largest document that a server takes, 16 MiB.
    database["large"].insert_one({"data": bytes(7_500_000), "text": "y" * 7_500_000})
    for ability, make in MAKERS.items():
        if ability in abilities:
            make(database)


def _build_indexes(database: Database[dict[str, Any]]) -> None:
    indexed = database["indexed"]
    rows = [{"a": n, "b": -n, "c": {"d": n}, "at": None, "place": [n, n], "words": "some"} for n in range(9)]
    indexed.insert_many(rows)
    indexed.create_index([("a", 1), ("b", -1)], unique=True, name="a name of its own")
    indexed.create_index("c.d", sparse=True)
    indexed.create_index("a", partialFilterExpression={"a": {"$gt": 3}}, name="partial")
    indexed.create_index("at", expireAfterSeconds=3600)
    indexed.create_index([("words", "text")])
    indexed.create_index([("place", "2d")])
    indexed.create_index([("b", "hashed")])
    indexed.create_index([("$**", 1)])


def _make_views(database: Database[dict[str, Any]]) -> None:
    database.command({"create": "a view", "viewOn": "indexed", "pipeline": [{"$match": {"a": {"$gt": 3}}}]})
    database.command({"create": "view.of a view", "viewOn": "a view", "pipeline": []})


def _make_capped(database: Database[dict[str, Any]]) -> None:
    database.command({"create": "capped", "capped": True, "size": 100_000, "max": 5})
    database["capped"].insert_many([{"_id": 9 - number} for number in range(8)])


def _make_validators(database: Database[dict[str, Any]]) -> None:
    database.command({"create": "ruled", "validator": {"$jsonSchema": {"required": ["x"]}}, "validationAction": "warn"})
    database["ruled"].insert_one({"x": 1})


def _make_collations(database: Database[dict[str, Any]]) -> None:
    database.command({"create": "sorted", "collation": {"locale": "de", "strength": 1}})
    database["sorted"].create_index("a", collation={"locale": "simple"})


def _make_time_series(database: Database[dict[str, Any]]) -> None:
    series = {"timeField": "at", "metaField": "of", "granularity": "minutes"}
    database.command({"create": "series", "timeseries": series, "expireAfterSeconds": 10**9})
    moments = (datetime(2026, 1, 1, hour) for hour in range(24))  # noqa: DTZ001
    database["series"].insert_many([{"at": moment, "of": "x", "value": moment.hour} for moment in moments])
    database["series"].create_index([("of", 1), ("at", -1)], name="of at")


MAKERS = {
    "views": _make_views,
    "capped": _make_capped,
    "validators": _make_validators,
    "collations": _make_collations,
    "time series": _make_time_series,
}
"""What not every server that speaks MongoDB's protocol has."""


def change(database: Database[dict[str, Any]], abilities: Collection[str]) -> None:
    """Changes, removes and adds."""
    database["values"].update_many({}, {"$set": {"value": "changed"}})
    database["values"].delete_one({"_id": "whole"})
    database["with blank"].drop()
    database["word.dot"].insert_one({"later": 1})
    database["fs.chunks"].delete_many({})
    database["fs.files"].drop()
    database["fs.later"].insert_one({})
    database["indexed"].drop_index("a name of its own")
    database["indexed"].create_index("later")
    database["empty"].insert_one({})
    database["later"].insert_one({})
    if "views" in abilities:
        database["a view"].drop()
        database["a view"].insert_one({"is": "a collection now"})
        database.command({"create": "later view", "viewOn": "indexed", "pipeline": []})
        database["ünïcödé 𝄞"].drop()
        database.command({"create": "ünïcödé 𝄞", "viewOn": "indexed", "pipeline": []})
    if "time series" in abilities:
        database["series"].delete_many({"of": "x"})
        database.command({"create": "later series", "timeseries": {"timeField": "at"}})


def contents(database: Database[dict[str, Any]]) -> str:
    """Everything that a restore must bring back, as text; not what lies beside it until the next command."""
    entries = sorted(database.list_collections(), key=lambda entry: entry["name"])
    found = {
        entry["name"]: {
            "type": entry["type"],
            "options": entry["options"],
            "indexes": [] if entry["type"] == "view" else _indexes(database, entry["name"]),
            "rows": _rows(database, entry["name"], ordered="capped" in entry["options"]),
        }
        for entry in entries
        if not entry["name"].startswith(("system.", "__rs_"))
    }
    return dumps(found, json_options=CANONICAL_JSON_OPTIONS, indent=1)


def _indexes(database: Database[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    # How the server stores an index is its own affair, and it may change its mind when it makes it again.
    found = ({k: v for k, v in index.items() if k != "storageEngine"} for index in database[name].list_indexes())
    return sorted(found, key=lambda index: str(index["name"]))


def _rows(database: Database[dict[str, Any]], name: str, *, ordered: bool) -> list[str]:
    """The documents byte by byte: no two that differ in a type or in the order of their fields are equal."""
    raw = database.get_collection(name, bson.CodecOptions(document_class=RawBSONDocument))
    rows = [hashlib.sha256(document.raw).hexdigest() for document in raw.find({})]
    return rows if ordered else sorted(rows)
