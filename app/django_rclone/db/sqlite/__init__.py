"""SQLite.

The connector is imported on first access, as in the packages of the other engines.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_rclone.db.sqlite.connector import SqliteConnector as SqliteConnector


def __getattr__(name: str) -> object:
    if name in ("SqliteConnector",):
        from django_rclone.db.sqlite import connector  # noqa: PLC0415

        return getattr(connector, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
