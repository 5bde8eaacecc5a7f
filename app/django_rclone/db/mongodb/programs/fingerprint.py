"""A helper program: reads a mongodump archive on stdin and prints its fingerprint as JSON.

    fingerprint DATABASE... < app.archive

The archive may hold several databases: the first of these names that it holds is read, or its only one. Documents are
hashed as they are stored. After the header described in ``read_archive``, an archive has blocks: a document that names
the collection, the collection's documents, and a terminator; a block with ``EOF`` ends the collection. What
legitimately differs after a restore is left out here, each with its reason.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from django_rclone.db import entry_point
from django_rclone.db.mongodb.archive import Collection
from django_rclone.db.mongodb.programs.server import Document, pymongo_errors
from django_rclone.exceptions import DjangoRcloneError, VerificationFailed
from django_rclone.verification.fingerprint import Builder, Fingerprint

_MAGIC = 0x8199E26D
_TERMINATOR = b"\xff\xff\xff\xff"
_LARGEST = 16 * 1024 * 1024 + 16 * 1024  # a document's limit, and what the server allows itself on top
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
        """Return the fingerprint. Raises VerificationFailed if the archive is not complete."""
        if self._archive.read(4) != struct.pack("<I", _MAGIC):
            raise VerificationFailed("it does not begin as an archive of mongodump does")
        _header, *entries = [_decode(document) for document in self._documents()] or [{}]
        database = self._choose({str(entry["db"]) for entry in entries})
        for entry in entries:
            if entry["db"] == database:
                self._describe(str(entry["collection"]), str(entry.get("type") or ""), entry.get("metadata") or "{}")
        while begin := self._archive.read(4):
            block = _decode(self._document(begin))
            self._read_block(block, str(block["collection"]), ours=block["db"] == database)
        if self._open:
            raise VerificationFailed(f"the documents of {min(self._open)} are not complete")
        return self._builder.finish()

    def _choose(self, there: set[str]) -> str:
        named = [name for name in self._databases if name in there]
        if not named and len(there) != 1:
            raise DjangoRcloneError("the archive holds several databases, or none.")
        return named[0] if named else there.pop()

    def _describe(self, name: str, kind: str, text: str) -> None:
        metadata: Any = json.loads(text)
        options: Mapping[str, Any] = metadata.get("options") or {}
        kind = kind or str(metadata.get("type") or "")
        if "viewOn" in options:
            kind = "view"
        elif "timeseries" in options:
            kind = "timeseries"
        kind = {"view": "view", "timeseries": "time series"}.get(kind, "collection")
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

    def _read_block(self, block: Document, name: str, *, ours: bool) -> None:
        rows = None
        if ours and (name in self._open or block.get("EOF")):
            if block.get("EOF"):
                self._open.discard(name)
            else:
                rows = self._builder.rows("collection", name)
        for document in self._documents():
            if rows is not None:
                rows.add(document)

    def _documents(self) -> Iterator[bytes]:
        read = self._archive.read
        while (begin := read(4)) != _TERMINATOR:
            yield self._document(begin)

    def _document(self, begin: bytes) -> bytes:
        if len(begin) < 4:
            raise VerificationFailed("the archive is not complete")
        (size,) = struct.unpack("<I", begin)
        if not 5 <= size <= _LARGEST:
            raise VerificationFailed("a document of the archive cannot be read")
        body = self._archive.read(size - 4)
        if len(body) < size - 4:
            raise VerificationFailed("the archive is not complete")
        return begin + body


def _decode(document: bytes) -> Document:
    import bson  # noqa: PLC0415 - see server.py

    try:
        return bson.decode(document)
    except bson.errors.BSONError as error:
        raise VerificationFailed("a document of the archive cannot be read") from error


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@pymongo_errors()
def main(arguments: list[str]) -> None:
    """Print the fingerprint of the archive on stdin."""
    print(Reader(sys.stdin.buffer, arguments).read().to_json())


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
