"""What tests of the watchers do to databases, and read in the history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.program import Program


@contextmanager
def breaks(database: Path) -> Iterator[None]:
    """For as long as needed the database is none."""
    whole = database.read_bytes()
    database.write_bytes(b"no database at all" * 1000)
    try:
        yield
    finally:
        database.write_bytes(whole)


def tally(program: Program, name: str) -> int:
    """The sum of a tally in the program's history."""
    ((value,),) = program.execute(f"SELECT coalesce(sum(value), 0) FROM tally WHERE name = '{name}'", "state/history")
    return value
