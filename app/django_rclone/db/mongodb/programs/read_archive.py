"""A helper program: reads the beginning of a mongodump archive on stdin and prints its contents as JSON.

    read_archive < app.archive

They are before any data; ``archive_reader`` describes the format.
"""

from __future__ import annotations

import json
import sys
from typing import Any, BinaryIO

from django_rclone.db import entry_point
from django_rclone.db.mongodb.programs.archive_reader import header_and_collections, kind_of
from django_rclone.db.mongodb.programs.server import Document, pymongo_errors
from django_rclone.exceptions import VerificationFailed


def contents(archive: BinaryIO) -> Document:
    """Returns versions, databases and collections. Raises VerificationFailed if this is not mongodump's format."""
    header, collections = header_and_collections(archive)
    try:
        return {
            "server_version": str(header["server_version"]),
            "tool_version": str(header.get("tool_version", "")),
            "entries": [_described(collection) for collection in collections],
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise VerificationFailed("the description of a collection cannot be read") from error


def _described(collection: Document) -> tuple[str, str, str, str]:
    """Returns database, name, type and options of a collection; the options stay extended JSON."""
    metadata: Any = json.loads(collection.get("metadata") or "{}")
    options = json.dumps(metadata.get("options") or {})
    return str(collection["db"]), str(collection["collection"]), kind_of(collection, metadata), options


@pymongo_errors()
def main(_arguments: list[str]) -> None:
    """Prints the contents of the archive on stdin."""
    print(json.dumps(contents(sys.stdin.buffer)))


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
