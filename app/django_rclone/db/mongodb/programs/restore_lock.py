"""One restore at a time: a document on the server that says who restores, and what is left to do.

It lies in the database that is restored, so that no further rights are needed. A restore is alive while it renews its
document, and, where we can see its process, while that process lives. Times are the server's.
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
"""Seconds between two renewals."""
STALE = 60.0
"""Seconds after which a restore that has not renewed its document is dead, wherever it ran."""
_ID = "restore"


def read(database: Any) -> Document | None:
    """Returns the document of the restore that works, or has worked, on this database."""
    found: Document | None = database[JOURNAL].find_one({"_id": _ID})
    return found


def now(database: Any) -> datetime:
    """Returns the server's time."""
    moment: datetime = database.command("hello")["localTime"]
    return moment


def acquire(database: Any, token: str, pid: int) -> None:
    """Makes our document; ``pid`` is the process whose restore this is. Raises Locked where there is one already."""
    from pymongo.errors import DuplicateKeyError  # noqa: PLC0415 - see server.py

    try:
        database[JOURNAL].insert_one({"_id": _ID, **_holder(database, token, pid)})
    except DuplicateKeyError:
        raise Locked(described(read(database))) from None


def take_over(database: Any, dead: Document, token: str, pid: int) -> Document:
    """Makes a dead restore's document ours and returns it. Raises Locked where somebody else was quicker."""
    as_it_was = {"_id": _ID, "token": dead["token"], "beat": dead["beat"]}
    found = database[JOURNAL].find_one_and_update(as_it_was, {"$set": _holder(database, token, pid)})
    if found is None:
        raise Locked(described(read(database)))
    return {**found, "token": token}


def _holder(database: Any, token: str, pid: int) -> Document:
    moment = now(database)
    who = {"host": socket.gethostname(), "space": _process_namespace(), "pid": pid, "born": _start_time(pid)}
    return {"token": token, "since": moment, "beat": moment, **who}


def write_journal(database: Any, token: str, journal: Document) -> None:
    """Writes down what is to be done: from now on it will be done, by us or by who comes after us. Raises Locked when
    the restore is not ours any more."""
    if not database[JOURNAL].update_one({"_id": _ID, "token": token}, {"$set": {"journal": journal}}).matched_count:
        raise Locked(described(read(database)))


def release(database: Any, token: str) -> None:
    """Removes our document with the collection that holds it, at once: nobody can put another there in between."""
    document = read(database)
    if document is not None and document["token"] == token:
        database.drop_collection(JOURNAL)


@contextmanager
def renewed(database: Any, token: str) -> Iterator[threading.Event]:
    """Renews our document while the block runs; gives the event that says that it is not ours any more."""
    lost, done = threading.Event(), threading.Event()

    def renew() -> None:
        from pymongo.errors import PyMongoError  # noqa: PLC0415 - see server.py

        while not done.wait(RENEWAL_INTERVAL):
            with suppress(PyMongoError):  # a server that stays away ends the programs that work on it
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
    """Returns whether the restore of this document goes on."""
    if (moment - document["beat"]).total_seconds() > STALE:
        return False
    if not _process_namespace() or document["space"] != _process_namespace():
        return True  # a process that we cannot see
    born = _start_time(document["pid"])
    return bool(born) and document["born"] == born


def described(document: Document | None) -> str:
    """Returns a sentence about the restore that is in the way."""
    if document is None:
        return "another restore of it has just ended. Try again."
    who = f"process {document['pid']} on {document['host']}, begun {document['since']:%Y-%m-%d %H:%M:%S} UTC"
    return f"another restore of it is under way ({who}). Wait until it has ended, then try again."


def _process_namespace() -> str:
    """Names the set of processes that we can see."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    return ""


def _start_time(pid: int) -> str:
    """Returns when a process was started: its id comes round again, both together do not. Empty: it is no more."""
    with suppress(OSError):
        # The 22nd field of proc(5)'s stat; the name in the second may hold blanks, hence the bracket.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""
