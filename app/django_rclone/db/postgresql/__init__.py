"""PostgreSQL and PostGIS.

The connector is imported on first access: helper programs, which run as ``python -m`` from this package, start in half
the time without it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_rclone.db.postgresql.connector import PgDumpConnector as PgDumpConnector
    from django_rclone.db.postgresql.connector import PgDumpGisConnector as PgDumpGisConnector


def __getattr__(name: str) -> object:
    if name in ("PgDumpConnector", "PgDumpGisConnector"):
        from django_rclone.db.postgresql import connector  # noqa: PLC0415

        return getattr(connector, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
