"""A helper program: claims and drops the scratch databases of drills.

    scratch claim URI DATABASE          create the database with a claim, and renew that until stdin ends
    scratch sweep URI DATABASE OWNER    drop the scratch databases of the same owner whose claim is not renewed any more
    scratch drop URI DATABASE           drop the database

DATABASE is a scratch database. Its claim is a document in a collection that no dump includes. Times are the server's.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from contextlib import suppress
from typing import Any

from django_rclone.db import entry_point
from django_rclone.db.mongodb.names import CLAIM, LONGEST_DATABASE
from django_rclone.db.mongodb.programs.restore_lock import RENEWAL_INTERVAL, STALE, now, process_namespace, start_time
from django_rclone.db.mongodb.programs.server import Document, connected, pymongo_errors
from django_rclone.db.scratch_names import pattern
from django_rclone.exceptions import ConfigurationError
from django_rclone.process.interrupts import interruptible

_UNAUTHORIZED = 13


def claim(database: Any, pid: int) -> None:
    """Creates the claim for the drill with this process, and renews it until stdin ends."""
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - see server.py

    holder = {"space": process_namespace(), "pid": pid, "born": start_time(pid)}
    database[CLAIM].insert_one({"_id": "claim", "beat": now(database), **holder})
    print("claimed", flush=True)
    ended = threading.Event()

    def read() -> None:
        while sys.stdin.buffer.read(1 << 16):
            continue
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    while not ended.wait(RENEWAL_INTERVAL):
        with suppress(PyMongoError):  # if the server stays unreachable, the programs that use it fail
            database[CLAIM].update_one({"_id": "claim"}, {"$set": {"beat": now(database)}})


def sweep(database: Any, owner: str) -> None:
    """Drops what dead drills of the same owner have left."""
    rest = re.compile(pattern(owner))
    longest = LONGEST_DATABASE
    for name in database.client.list_database_names():
        other = database.client[name]
        stem, infix, end = name.rpartition("__drill_")
        if stem and rest.fullmatch(infix + end) and len(name.encode()) <= longest and _is_dead(other):
            drop(other)


def _is_dead(database: Any) -> bool:
    found: Document | None = database[CLAIM].find_one({"_id": "claim"})
    if found is None:  # its drill, or an earlier sweep, was interrupted while it dropped the database
        return True
    if (now(database) - found["beat"]).total_seconds() > STALE:
        return True
    space = process_namespace()
    return bool(space) and found["space"] == space and found["born"] != start_time(found["pid"])


def drop(database: Any) -> None:
    """Drops the database, the claim last."""
    from pymongo.errors import OperationFailure  # noqa: PLC0415 - see server.py

    for name in database.list_collection_names():
        if name != CLAIM and not name.startswith("system."):
            database.drop_collection(name)
    database.drop_collection(CLAIM)
    try:
        database.client.drop_database(database.name)
    except OperationFailure as error:  # without collections it does not exist any more
        if error.code != _UNAUTHORIZED:
            raise


@interruptible()
@pymongo_errors()
def main(arguments: list[str]) -> None:
    """Runs the step that the first argument names."""
    step, uri, name, *rest = arguments
    with connected(uri, name) as database:
        match step, rest:
            case "claim", []:
                claim(database, os.getppid())
            case "sweep", [owner]:
                sweep(database, owner)
            case "drop", []:
                drop(database)
            case _:
                raise ConfigurationError(f"{arguments} is not a known command.")


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
