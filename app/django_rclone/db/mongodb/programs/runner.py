"""What our MongoDB programs share: how they connect, and how they end.

Each is called as ``python -P -m django_rclone.db.mongodb_… URI DATABASE …``, where URI is the path of a file that
holds it, and needs pymongo.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

type Document = dict[str, Any]


class Refused(Exception):
    """It cannot work like this; the message says what to change."""


class Locked(Exception):
    """Another restore works on the database."""


class Damaged(Exception):
    """What should be restored is not whole."""


class Halfway(Exception):
    """The last step of a restore has begun and cannot go on now."""


@contextmanager
def connected(uri: str, name: str) -> Iterator[Any]:
    """Connects, and gives the database. What was acknowledged there survives a failover."""
    from pymongo import MongoClient  # noqa: PLC0415 - so that its absence is said in one line

    client: Any = MongoClient(Path(uri).read_text(), w="majority", appname="django-rclone")
    try:
        yield client[name]
    finally:
        client.close()


def main(work: Callable[[list[str]], None]) -> int | str:
    """Does the work with the program's arguments; returns the exit code, or the one line that says what went wrong."""
    try:
        from pymongo.errors import PyMongoError  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        return "Refused: pymongo is not installed here. Install it: pip install 'django-rclone[mongodb]'"
    try:
        work(sys.argv[1:])
    except PyMongoError as error:
        code = getattr(error, "code", None)
        text = str(error).partition(", full error:")[0].partition(", Timeout: ")[0].partition(" (configured ")[0]
        return f"{type(error).__name__}: {text}" + (f" (code {code})" if code else "")
    except (Refused, Locked, Damaged, Halfway, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return 0
