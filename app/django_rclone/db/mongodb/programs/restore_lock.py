"""The restore lock: a document on the server that names the running restore and its remaining steps.

The document is in the restored database, so that no further rights are needed. A restore is alive while it renews
its document, and, if its process is visible from here, while that process lives. Times are the server's.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django_rclone.db.mongodb.names import JOURNAL
from django_rclone.db.mongodb.programs.server import Document
from django_rclone.exceptions import Locked

RENEWAL_INTERVAL = 5.0
"""Seconds between two renewals of the lock."""
STALE = 60.0
"""Seconds without renewal after which a restore counts as dead, wherever it ran."""
_ID = "restore"


def read(database: Any) -> Document | None:
    """Returns the lock document of this database, of a running or a dead restore."""
    found: Document | None = database[JOURNAL].find_one({"_id": _ID})
    return found


def now(database: Any) -> datetime:
    """Returns the server's time."""
    moment: datetime = database.command("hello")["localTime"]
    return moment


def acquire(database: Any, token: str, pid: int) -> None:
    """Acquires the lock for the restore of the process ``pid``. Raises Locked if there is a lock already."""
    from pymongo.errors import DuplicateKeyError  # noqa: PLC0415 - see server.py

    try:
        database[JOURNAL].insert_one({"_id": _ID, **_holder(database, token, pid)})
    except DuplicateKeyError:
        raise Locked(described(read(database))) from None


def take_over(database: Any, dead: Document, token: str, pid: int) -> Document:
    """Takes over the lock of a dead restore and returns its document. Raises Locked if another process was faster."""
    unchanged = {"_id": _ID, "token": dead["token"], "beat": dead["beat"]}
    found = database[JOURNAL].find_one_and_update(unchanged, {"$set": _holder(database, token, pid)})
    if found is None:
        raise Locked(described(read(database)))
    return {**found, "token": token}


def _holder(database: Any, token: str, pid: int) -> Document:
    moment = now(database)
    process = {"host": socket.gethostname(), "space": process_namespace(), "pid": pid, "born": start_time(pid)}
    return {"token": token, "since": moment, "beat": moment, **process}


def write_journal(database: Any, token: str, journal: Document) -> None:
    """Records the steps of the swap. After that they are carried out, by this restore or by the next command. Raises
    Locked if this restore has lost its lock."""
    if not database[JOURNAL].update_one({"_id": _ID, "token": token}, {"$set": {"journal": journal}}).matched_count:
        raise Locked(described(read(database)))


def release(database: Any, token: str) -> None:
    """Releases the lock by dropping its collection, so that no other document can be added in between."""
    document = read(database)
    if document is not None and document["token"] == token:
        database.drop_collection(JOURNAL)


@contextmanager
def renewed(database: Any, token: str) -> Iterator[threading.Event]:
    """Renews the lock while the block runs. Yields the event that is set when the lock is lost."""
    lost, done = threading.Event(), threading.Event()

    def renew() -> None:
        from pymongo.errors import PyMongoError  # noqa: PLC0415 - see server.py

        while not done.wait(RENEWAL_INTERVAL):
            with suppress(PyMongoError):  # if the server stays unreachable, the programs that use it fail
                beat = {"$set": {"beat": now(database)}}
                if not database[JOURNAL].update_one({"_id": _ID, "token": token}, beat).matched_count:
                    lost.set()

    renewer = threading.Thread(target=renew, daemon=True)
    renewer.start()
    try:
        yield lost
    finally:
        done.set()
        renewer.join()


def is_alive(document: Document, moment: datetime) -> bool:
    """Returns whether the restore of this document is still running."""
    if (moment - document["beat"]).total_seconds() > STALE:
        return False
    if not process_namespace() or document["space"] != process_namespace():
        return True  # its process is not visible from here
    born = start_time(document["pid"])
    return bool(born) and document["born"] == born


def described(document: Document | None) -> str:
    """Returns a sentence about the restore that holds the lock."""
    if document is None:
        return "another restore of it has just ended. Try again."
    holder = f"process {document['pid']} on {document['host']}, begun {document['since']:%Y-%m-%d %H:%M:%S} UTC"
    return f"another restore of it is under way ({holder}). Wait until it has ended, then try again."


def process_namespace() -> str:
    """Returns the name of the pid namespace of this process; empty where there is none."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    return ""


def start_time(pid: int) -> str:
    """Returns when a process was started, since pids are reused; empty if it has ended."""
    with suppress(OSError):
        # The 22nd field of proc(5)'s stat; the name in the second may contain blanks, hence the bracket.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""
