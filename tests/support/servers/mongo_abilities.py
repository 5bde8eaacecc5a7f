"""Abilities that not every server of MongoDB's protocol has, found out by trying them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "views": {"viewOn": "other", "pipeline": []},
    "capped": {"capped": True, "size": 4096},
    "validators": {"validator": {"a": {"$gt": 0}}},
    "collations": {"collation": {"locale": "de"}},
    "time series": {"timeseries": {"timeField": "at"}},
}
"""Options of a collection that has the ability, for each ability."""


def of(database: Database[dict[str, Any]]) -> frozenset[str]:
    """The abilities of the server that this database, which is empty, lies on."""
    return frozenset(name for name, options in OPTIONS.items() if _are_kept(database, options))


def _are_kept(database: Database[dict[str, Any]], options: Mapping[str, Any]) -> bool:
    # A server may refuse them, or take them and make a plain collection all the same.
    with suppress(OperationFailure):
        database.command({"create": "trial", **options})
        (made,) = database.list_collections(filter={"name": "trial"})
        database.drop_collection("trial")
        return bool(options.keys() <= made["options"].keys())
    return False
