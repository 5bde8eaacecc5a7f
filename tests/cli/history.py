"""Actions of the tests of notifications on databases, and their reading of the history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.program import Program


@contextmanager
def breaks(database: Path) -> Iterator[None]:
    """Replaces the database by something that is none, as long as needed."""
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
