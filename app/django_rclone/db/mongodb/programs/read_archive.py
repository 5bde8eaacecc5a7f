"""A helper program: reads the beginning of a mongodump archive on stdin and prints its contents as JSON.

    read_archive < app.archive

The format is https://github.com/mongodb/mongo-tools/blob/master/common/archive/spec.md: a number, a header, and a
document for each collection, before any data.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from django_rclone.db import entry_point
from django_rclone.db.mongodb.programs.server import Document, pymongo_errors
from django_rclone.exceptions import VerificationFailed

_MAGIC = 0x8199E26D
_TERMINATOR = 0xFFFFFFFF
_MAX_NAME = 16 * 1024 * 1024 + 16 * 1024  # the limit of a document, and the server's allowance for its own fields


def contents(archive: BinaryIO) -> Document:
    """Returns versions, databases and collections. Raises VerificationFailed if this is not mongodump's format."""
    if _number(archive) != _MAGIC:
        raise VerificationFailed("it does not begin as an archive of mongodump does")
    documents = list(_documents(archive))
    if not documents or "server_version" not in documents[0]:
        raise VerificationFailed("its header is not that of an archive of mongodump")
    header, *entries = documents
    try:
        return {
            "server_version": str(header["server_version"]),
            "tool_version": str(header.get("tool_version", "")),
            "entries": [_described(entry) for entry in entries],
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise VerificationFailed("the description of a collection cannot be read") from error


def _described(entry: Document) -> tuple[str, str, str, str]:
    """Returns database, name, type and options of a collection; the options stay extended JSON."""
    metadata: Any = json.loads(entry.get("metadata") or "{}")
    options = metadata.get("options") or {}
    kind = "view" if "viewOn" in options else "timeseries" if "timeseries" in options else ""
    kind = entry.get("type") or metadata.get("type") or kind
    return str(entry["db"]), str(entry["collection"]), str(kind), json.dumps(options)


def _documents(archive: BinaryIO) -> Iterator[Document]:
    import bson  # noqa: PLC0415 - see server.py

    while (size := _number(archive)) != _TERMINATOR:
        if not 5 <= size <= _MAX_NAME:
            raise VerificationFailed("its list of collections cannot be read")
        body = _exactly(archive, size - 4)
        try:
            yield bson.decode(struct.pack("<I", size) + body)
        except bson.errors.BSONError as error:
            raise VerificationFailed("its list of collections cannot be read") from error


def _number(archive: BinaryIO) -> int:
    (number,) = struct.unpack("<I", _exactly(archive, 4))
    return int(number)


def _exactly(archive: BinaryIO, size: int) -> bytes:
    data = archive.read(size)
    if len(data) < size:
        raise VerificationFailed("it ends within its list of collections")
    return data


@pymongo_errors()
def main(_arguments: list[str]) -> None:
    """Prints the contents of the archive on stdin."""
    print(json.dumps(contents(sys.stdin.buffer)))


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
