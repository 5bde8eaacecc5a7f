"""A helper program: the steps of a restore before and after the load, and the lock during it.

    restore_steps prepare URI DATABASE TOKEN [new]    acquire the restore lock
    restore_steps hold-lock URI DATABASE TOKEN        renew the lock until stdin ends
    restore_steps abort URI DATABASE TOKEN            drop the staged collections, or finish a swap that has begun
    restore_steps finish URI DATABASE                 the same for restores that have died

TOKEN is random, and part of the names of staged collections. With ``new`` the database must be empty.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
from typing import Any

from django_rclone.db import entry_point
from django_rclone.db.mongodb.names import is_internal, is_staged
from django_rclone.db.mongodb.programs import restore_lock as lock
from django_rclone.db.mongodb.programs.server import Document, connected, pymongo_errors
from django_rclone.db.mongodb.programs.swap import apply
from django_rclone.exceptions import ConfigurationError, Locked


def prepare(database: Any, token: str, *, new: bool) -> None:
    """Acquires the lock for the process that has started this one."""
    finish(database, os.getppid())
    if new and (existing := [name for name in database.list_collection_names() if not is_internal(name)]):
        raise ConfigurationError(
            f"the database {database.name} already exists and holds {len(existing)} collections. Choose another name, "
            "or drop it first."
        )
    lock.acquire(database, token, os.getppid())


def hold_lock(database: Any, token: str) -> None:
    """Renews the lock until stdin ends. Nothing is written to stdin."""
    ended = threading.Event()

    def read() -> None:
        while sys.stdin.buffer.read(1 << 16):
            continue
        ended.set()

    with lock.renewed(database, token) as lost:
        threading.Thread(target=read, daemon=True).start()
        while not ended.wait(1):
            if lost.is_set():
                raise Locked(lock.described(lock.read(database)))


def abort(database: Any, token: str) -> None:
    """Undoes this restore, or finishes it if it cannot be undone any more."""
    document = lock.read(database)
    if document is not None and document["token"] == token:
        _finish_or_undo(database, document)


def finish(database: Any, pid: int) -> None:
    """Undoes or finishes what dead restores have left, for the process ``pid``. Raises Locked if one is running."""
    names = database.list_collection_names()
    document = lock.read(database)  # read after the names: what is staged without a lock is left over
    if document is None:
        _drop_staged(database, names)
        return
    if lock.is_alive(document, lock.now(database)):
        raise Locked(lock.described(document))
    _finish_or_undo(database, lock.take_over(database, document, secrets.token_hex(4), pid))


def _finish_or_undo(database: Any, document: Document) -> None:
    token: str = document["token"]
    with lock.renewed(database, token):
        if "journal" in document:
            apply(database, document["journal"])
        _drop_staged(database, database.list_collection_names())
    lock.release(database, token)


def _drop_staged(database: Any, names: list[str]) -> None:
    for name in names:
        if is_staged(name):
            database.drop_collection(name)


@pymongo_errors()
def main(arguments: list[str]) -> None:
    """Runs the step that the first argument names."""
    step, uri, name, *rest = arguments
    with connected(uri, name) as database:
        match step, rest:
            case "prepare", [token, *new]:
                prepare(database, token, new=new == ["new"])
            case "hold-lock", [token]:
                hold_lock(database, token)
            case "abort", [token]:
                abort(database, token)
            case "finish", []:
                finish(database, os.getppid())
            case _:
                raise ConfigurationError(f"{arguments} is not a known command.")


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
