"""A large PostgreSQL database, made by the server itself in seconds."""

from __future__ import annotations

from tests.support.servers import PostgresServer

MEGABYTES = 1024
_FIRST = 32

# Text of 8 KiB a row that compresses by a quarter at most (it is Base64). STORAGE EXTERNAL: the server does not try.
_START = """
CREATE TABLE payload (id bigserial, data text);
ALTER TABLE payload ALTER data SET STORAGE EXTERNAL;
INSERT INTO payload (data)
    SELECT encode(string_agg(sha512((row * 100 + part)::text::bytea), ''), 'base64')
    FROM generate_series(1, 4096) row, generate_series(1, 96) part GROUP BY row;
"""
# Repeats lie 32 MB and more apart, beyond what zstd looks back at this level.
_DOUBLE = "INSERT INTO payload (data) SELECT data FROM payload;"


def fill(server: PostgresServer, database: str) -> None:
    """Makes the database more than a gigabyte large."""
    server.query(_START, database)
    size = _FIRST
    while size < MEGABYTES:
        server.query(_DOUBLE, database)
        size *= 2


def checksum(server: PostgresServer, database: str) -> list[tuple[object, ...]]:
    """Returns values that are the same when all rows are."""
    return server.query("SELECT count(*), sum(length(data)), sum(id * hashtext(data)) FROM payload", database)
