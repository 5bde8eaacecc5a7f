"""A helper program: replaces the live collections by the staged ones.

    swap URI DATABASE TOKEN CONTENTS    CONTENTS is the path of a JSON file with the contents of the archive

Each collection is replaced atomically, but not all of them together. So the swap is first recorded in the restore's
lock document: if this process dies, the next command finishes it. Every step is idempotent.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django_rclone.db import entry_point
from django_rclone.db.mongodb.names import is_internal, staged_prefix
from django_rclone.db.mongodb.programs import restore_lock as lock
from django_rclone.db.mongodb.programs.server import Document, connected, pymongo_errors
from django_rclone.exceptions import DjangoRcloneError, VerificationFailed

# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
# Error codes of a server for collections that it never renames: illegal operation, invalid namespace, command not
# supported, command not supported on view (time series are views to it).
_NEVER_RENAMED = (20, 73, 115, 166)
_BATCH = 16_000_000  # bytes of documents that are copied at once; no document is larger


class SwapInterrupted(DjangoRcloneError):
    """The swap has begun, and the server returned an error."""


def commit(database: Any, token: str, contents: Document) -> None:
    """Records the swap, carries it out, and releases the restore lock."""
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - see server.py

    with lock.renewed(database, token):
        journal = plan(database, token, contents)
        lock.write_journal(database, token, journal)
        try:
            apply(database, journal)
        except PyMongoError as error:
            raise SwapInterrupted(str(error).partition(", full error:")[0]) from error
    lock.release(database, token)


def plan(database: Any, token: str, contents: Document) -> Document:
    """Returns the journal of the swap. Raises VerificationFailed if a collection of the archive was not loaded."""
    prefix = staged_prefix(token)
    live = [entry for entry in database.list_collections() if not is_internal(entry["name"])]
    staged = [name for name in database.list_collection_names() if name.startswith(prefix)]
    restored = [name.removeprefix(prefix) for name in staged]
    if missing := sorted(set(contents["collections"]) - set(restored)):
        raise VerificationFailed(f"it lists the collection {missing[0]}, which was not loaded.")
    return {
        "prefix": prefix,
        # A rename replaces neither a view nor a time series.
        "first": [entry["name"] for entry in live if entry.get("type") in ("view", "timeseries")],
        "restored": restored,
        "later": [
            entry["name"]
            for entry in live
            if entry["name"] not in restored and entry.get("type") not in ("view", "timeseries")
        ],
        "views": contents["views"],
    }


def apply(database: Any, journal: Document) -> None:
    """Carries out the steps of the journal that have not been done yet."""
    from bson import json_util  # noqa: PLC0415 - see server.py

    there = {entry["name"]: entry for entry in database.list_collections()}
    remaining = [name for name in journal["restored"] if journal["prefix"] + name in there]
    for name in journal["first"]:
        # One that an earlier run has put into place is already the restored one.
        if name not in journal["restored"] or name in remaining:
            database.drop_collection(name)
    for name in remaining:
        _move_into_place(database, there[journal["prefix"] + name], name)
    for name in journal["later"]:
        _remove(database, name)
    for view in journal["views"]:
        database.drop_collection(view["name"])
        options = json_util.loads(view["options"])
        database.command({"create": view["name"], **options})


def _move_into_place(database: Any, staged: Document, name: str) -> None:
    """Replaces one collection: by a rename if the server can, else by copying it."""
    from pymongo.errors import OperationFailure  # noqa: PLC0415 - see server.py

    try:
        if staged.get("type") != "timeseries" and not name.startswith("system."):
            database[staged["name"]].rename(name, dropTarget=True)
            return
    except OperationFailure as error:
        if error.code not in _NEVER_RENAMED:
            raise
    _copy(database, staged, name)
    database.drop_collection(staged["name"])


def _copy(database: Any, staged: Document, name: str) -> None:
    from bson.codec_options import CodecOptions  # noqa: PLC0415 - see server.py
    from bson.raw_bson import RawBSONDocument  # noqa: PLC0415

    raw = CodecOptions(document_class=RawBSONDocument)
    source, target = (database.get_collection(each, raw) for each in (staged["name"], name))
    _remove(database, name)
    if not name.startswith("system."):
        database.command({"create": name, **staged.get("options", {})})
    for batch in _batches(source.find({})):
        target.insert_many(batch)
    if indexes := [_index(found) for found in database[staged["name"]].list_indexes() if found["name"] != "_id_"]:
        database.command({"createIndexes": name, "indexes": indexes})


def _index(found: Document) -> Document:
    """Returns the definition of an index without the keys that the server adds."""
    return {key: value for key, value in found.items() if key not in ("v", "ns", "storageEngine")}


def _batches(documents: Iterable[Any]) -> Iterable[list[Any]]:
    batch: list[Any] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.raw)
        if size >= _BATCH or len(batch) == 1000:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _remove(database: Any, name: str) -> None:
    """Drops a collection. system.js is emptied, since it cannot be dropped."""
    if name == "system.js":
        database[name].delete_many({})
    elif not name.startswith("system."):
        database.drop_collection(name)


@pymongo_errors()
def main(arguments: list[str]) -> None:
    """Runs the swap."""
    uri, name, token, contents = arguments
    with connected(uri, name) as database:
        commit(database, token, json.loads(Path(contents).read_text()))


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
