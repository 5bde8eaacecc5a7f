"""What the tests of the sidecar share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.support.servers import Webhook, listen


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program with one SQLite database and an empty remote."""
    made = Program(tmp_path)
    made.write("first")
    return made


@pytest.fixture
def observed(program: Program) -> Program:
    """The program, after a backup and a refresh."""
    program.ok("backup")
    program.ok("refresh")
    return program


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A server that records its requests."""
    with listen() as server:
        yield server
