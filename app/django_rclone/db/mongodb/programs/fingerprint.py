"""A helper program: reads a mongodump archive on stdin and prints its fingerprint as JSON.

    fingerprint DATABASE... < app.archive

The archive may hold several databases: the first of these names that it holds is read, or its only one. Documents are
hashed as they are stored; ``archive_reader`` describes the format. What legitimately differs after a restore is left
out here, each with its reason.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from django_rclone.db import entry_point
from django_rclone.db.mongodb.archive import Collection
from django_rclone.db.mongodb.programs.archive_reader import blocks, header_and_collections, kind_of
from django_rclone.db.mongodb.programs.server import Document, pymongo_errors
from django_rclone.exceptions import DjangoRcloneError, VerificationFailed
from django_rclone.verification.fingerprint import Builder, Fingerprint

# Keys of an index that the server adds: its version, its namespace in old versions, and how it stores the index, which
# may be another way when it creates the index again.
_ADDED = frozenset({"v", "ns", "storageEngine"})


class Reader:
    """Reads one archive."""

    def __init__(self, archive: BinaryIO, databases: Sequence[str]) -> None:
        self._archive = archive
        self._databases = databases
        self._builder = Builder()
        self._open: set[str] = set()
        """Collections whose end has not been read."""

    def read(self) -> Fingerprint:
        """Returns the fingerprint. Raises VerificationFailed if the archive is not complete."""
        _header, collections = header_and_collections(self._archive)
        database = self._choose({str(collection["db"]) for collection in collections})
        for collection in collections:
            if collection["db"] == database:
                self._describe(collection)
        for block, documents in blocks(self._archive):
            if block["db"] == database:
                self._read_block(str(block["collection"]), documents, ends=bool(block.get("EOF")))
        if self._open:
            raise VerificationFailed(f"the documents of {min(self._open)} are not complete")
        return self._builder.finish()

    def _choose(self, there: set[str]) -> str:
        named = [name for name in self._databases if name in there]
        if not named and len(there) != 1:
            raise DjangoRcloneError("the archive holds several databases, or none.")
        return named[0] if named else there.pop()

    def _describe(self, collection: Document) -> None:
        name = str(collection["collection"])
        metadata: Any = json.loads(collection.get("metadata") or "{}")
        options: Mapping[str, Any] = metadata.get("options") or {}
        kind = {"view": "view", "timeseries": "time series"}.get(kind_of(collection, metadata), "collection")
        if not Collection(name, kind, "").is_restored:
            return
        # The collection's uuid is left out: each collection that is created gets another one.
        self._builder.object(kind, name, *(f"{key}: {_json(options[key])}" for key in sorted(options)))
        for index in metadata.get("indexes") or ():
            keys = sorted(index.keys() - _ADDED)
            self._builder.object(
                "index", f"{name}.{index.get('name')}", *(f"{key}: {_json(index[key])}" for key in keys)
            )
        if kind == "collection":
            self._builder.rows("collection", name)
            self._open.add(name)
        elif kind == "time series":
            # They are in other blocks after a restore, which inserts them again, and in a compressed format.
            self._builder.note(f"The measurements of the time series {name} are not compared.")

    def _read_block(self, name: str, documents: Iterator[bytes], *, ends: bool) -> None:
        if ends:
            self._open.discard(name)
        elif name in self._open:
            rows = self._builder.rows("collection", name)
            for document in documents:
                rows.add(document)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@pymongo_errors()
def main(arguments: list[str]) -> None:
    """Prints the fingerprint of the archive on stdin."""
    print(Reader(sys.stdin.buffer, arguments).read().to_json())


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
