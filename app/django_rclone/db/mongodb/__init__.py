"""MongoDB.

The connector is imported on first access: helper programs, which run as ``python -m`` from this package, start in half
the time without it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_rclone.db.mongodb.connector import MongoDumpConnector as MongoDumpConnector


def __getattr__(name: str) -> object:
    if name in ("MongoDumpConnector",):
        from django_rclone.db.mongodb import connector  # noqa: PLC0415

        return getattr(connector, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
