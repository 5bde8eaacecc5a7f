"""A helper program: reads a mongodump archive on stdin to its end, and ends with 0 only if it is complete.

check_archive < app.archive
"""

from __future__ import annotations

import sys
from typing import BinaryIO

from django_rclone.db import entry_point
from django_rclone.db.mongodb.archive import Collection
from django_rclone.db.mongodb.programs.archive_reader import blocks
from django_rclone.db.mongodb.programs.read_archive import contents
from django_rclone.db.mongodb.programs.server import pymongo_errors
from django_rclone.exceptions import VerificationFailed


def check(archive: BinaryIO) -> None:
    """Reads the archive. Raises VerificationFailed if it is not complete."""
    open_collections = {
        (database, name)
        for database, name, kind, _options in contents(archive)["entries"]
        if kind not in ("view", "timeseries") and Collection(name, kind, "").is_restored
    }
    for block, _documents in blocks(archive):
        if block.get("EOF"):
            open_collections.discard((block.get("db"), block.get("collection")))
    if open_collections:
        database, name = min(open_collections)
        raise VerificationFailed(f"the documents of {database}.{name} are not complete")


@pymongo_errors()
def main(_arguments: list[str]) -> None:
    """Checks the archive on stdin."""
    check(sys.stdin.buffer)


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
