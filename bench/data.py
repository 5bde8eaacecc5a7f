"""Databases of a given size, of about the compressibility of what people write."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.servers import PostgresServer

_ROW = 300  # bytes that a row takes in a dump without compression
_ROWS = """
CREATE TABLE entry (id bigint, made timestamptz, author integer, title text, body text);
INSERT INTO entry
SELECT n, timestamptz '2026-01-01 UTC' + n * interval '1 s', n % 1009, 'Entry ' || n,
       md5((n * 4)::text) || ' the quick brown fox jumps over ' || md5((n * 4 + 1)::text)
       || ' and the lazy dog, who has seen it all before, ' || md5((n * 4 + 2)::text)
       || ' sleeps on and dreams of rivers, meadows and bones: ' || md5((n * 4 + 3)::text)
  FROM generate_series(1::bigint, {rows}) n;
ALTER TABLE entry ADD PRIMARY KEY (id);
CREATE INDEX ON entry (author);
ANALYZE;
"""


@contextmanager
def database(server: PostgresServer, megabytes: int) -> Iterator[str]:
    """A database whose plain dump has about this size, by name; one without a row for 0."""
    with server.database() as name:
        if not megabytes:
            server.query("CREATE TABLE nothing (id integer)", name)
        else:
            server.query(_ROWS.format(rows=megabytes * 1_000_000 // _ROW), name)
        yield name


def size(server: PostgresServer, name: str) -> int:
    """Bytes that a database takes on the server."""
    return int(server.query(f"SELECT pg_database_size('{name}')")[0][0])
