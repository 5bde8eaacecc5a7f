"""A helper program: reads a mongodump archive on stdin to its end, and ends with 0 only if it is complete.

    check_archive < app.archive

After the header that ``read_archive`` describes, an archive has blocks: a document that names the collection, documents
of the collection, and a terminator. A block with ``EOF`` ends a collection; every collection must have one.
"""

from __future__ import annotations

import struct
import sys
from typing import BinaryIO

from django_rclone.db import entry_point
from django_rclone.db.mongodb.archive import Collection
from django_rclone.db.mongodb.programs.read_archive import contents
from django_rclone.db.mongodb.programs.server import Document, pymongo_errors
from django_rclone.exceptions import VerificationFailed

_TERMINATOR = b"\xff\xff\xff\xff"
_LARGEST = 16 * 1024 * 1024 + 16 * 1024  # the limit of a document, and the server's allowance for its own fields
_SMALLEST = 5  # bytes of an empty document


def check(archive: BinaryIO) -> None:
    """Reads the archive. Raises VerificationFailed if it is not complete."""
    open_collections = {
        (database, name)
        for database, name, kind, _options in contents(archive)["entries"]
        if kind not in ("view", "timeseries") and Collection(name, kind, "").is_restored
    }
    while begin := archive.read(4):
        block = _decode(_document(archive, begin))
        if block.get("EOF"):
            open_collections.discard((block.get("db"), block.get("collection")))
        while (begin := archive.read(4)) != _TERMINATOR:
            _document(archive, begin)
    if open_collections:
        database, name = min(open_collections)
        raise VerificationFailed(f"the documents of {database}.{name} are not complete")


def _document(archive: BinaryIO, begin: bytes) -> bytes:
    """Returns the document whose first four bytes are ``begin``."""
    if len(begin) < 4:
        raise VerificationFailed("it ends within a collection")
    (size,) = struct.unpack("<I", begin)
    if not _SMALLEST <= size <= _LARGEST:
        raise VerificationFailed("a document cannot be read")
    body = archive.read(size - 4)
    if len(body) < size - 4:
        raise VerificationFailed("it ends within a document")
    if body[-1] != 0:
        raise VerificationFailed("a document cannot be read")
    return begin + body


def _decode(document: bytes) -> Document:
    import bson  # noqa: PLC0415 - see server.py

    try:
        return bson.decode(document)
    except bson.errors.BSONError as error:
        raise VerificationFailed("the name of a collection cannot be read") from error


@pymongo_errors()
def main(_arguments: list[str]) -> None:
    """Checks the archive on stdin."""
    check(sys.stdin.buffer)


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
