"""The connection to the server, and pymongo's errors, for our MongoDB programs.

Each program is run as ``python -P -m django_rclone.db.mongodb.programs.… URI DATABASE …``, where URI is the path of a
file that contains it, and needs pymongo. pymongo and bson are imported inside functions, so that their absence becomes
an error message and not a traceback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django_rclone.db.entry_point import ForeignError
from django_rclone.exceptions import ConfigurationError

type Document = dict[str, Any]


@contextmanager
def connected(uri: str, name: str) -> Iterator[Any]:
    """Connects and yields the database. Acknowledged writes survive a failover."""
    from pymongo import MongoClient  # noqa: PLC0415 - see above

    client: Any = MongoClient(Path(uri).read_text(), w="majority", appname="django-rclone")
    try:
        yield client[name]
    finally:
        client.close()


@contextmanager
def pymongo_errors() -> Iterator[None]:
    """Turns pymongo's errors inside the block, and its absence, into errors that a program can report."""
    try:
        from pymongo.errors import PyMongoError  # noqa: PLC0415 - see above
    except ModuleNotFoundError:
        raise ConfigurationError(
            "pymongo is not installed here. Install it: pip install 'django-rclone[mongodb]'"
        ) from None
    try:
        yield
    except PyMongoError as error:
        code = getattr(error, "code", None)
        text = str(error).partition(", full error:")[0].partition(", Timeout: ")[0].partition(" (configured ")[0]
        raise ForeignError(f"pymongo.{type(error).__name__}", text + (f" (code {code})" if code else "")) from error
