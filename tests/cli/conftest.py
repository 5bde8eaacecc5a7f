"""Fixtures of the tests of the sidecar."""

import shutil
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


@pytest.fixture(scope="session")
def observed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program's folder after a backup and a refresh, to be copied to the path that its manifests name."""
    made = Program(tmp_path_factory.mktemp("observed") / "program")
    made.write("first")
    made.ok("backup")
    made.ok("refresh")
    return made.folder.rename(made.folder.with_name("copied"))


@pytest.fixture
def observed(observed_once: Path) -> Iterator[Program]:
    """The program, after a backup and a refresh."""
    folder = observed_once.with_name("program")
    shutil.copytree(observed_once, folder, symlinks=True)
    yield Program(folder)
    shutil.rmtree(folder)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A server that records its requests."""
    with listen() as server:
        yield server
