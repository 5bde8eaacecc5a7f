"""The web server with a history that is missing, damaged, locked or replaced."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from django_rclone_sidecar.history import location
from tests.cli.program import Program
from tests.cli.website import Website, serving

PATHS = ("/", "/healthz", "/readyz", "/status", "/metrics")

HISTORY = "state/history"


def unharmed(website: Website) -> str:
    """Asserts that everything that can be answered is, and returns why the rest cannot."""
    assert website.get("/healthz").status == 200
    metrics = website.get("/metrics")
    assert metrics.status == 200
    assert "django_rclone_build_info{" in metrics.text
    ready, status, page = (website.get(path) for path in ("/readyz", "/status", "/"))
    assert (ready.status, status.status, page.status) == (503, 503, 503)
    assert status.json["ok"] is False
    assert status.json["problems"] == [ready.text.strip()]
    assert len(ready.text.splitlines()) == 1
    assert "Traceback" not in website.log.read_text()
    return ready.text


def test_without_a_history_it_says_that_nothing_is_known_yet(program: Program):
    with serving(program) as website:
        assert unharmed(website).startswith("No data yet")
    assert not (program.folder / "state").exists()
    assert website.log.read_text() == ""


def test_a_history_without_databases_is_not_ready(observed: Program):
    observed.execute("DELETE FROM target", HISTORY)
    with serving(observed) as website:
        assert website.get("/readyz").status == 503
        assert website.get("/status").status == 503
        assert website.get("/").status == 200


def test_a_damaged_history_is_told_once_in_the_log(observed: Program):
    file = observed.path(HISTORY)
    file.write_bytes(b"SQLite format 3\0" + os.urandom(8192))
    with serving(observed) as website:
        assert "cannot be read" in unharmed(website)
        unharmed(website)
    assert website.log.read_text().count("cannot be read") == 1


def test_pages_of_a_history_that_are_damaged_do_no_harm(observed: Program):
    file = observed.path(HISTORY)
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    with serving(observed) as website:
        assert "cannot be read" in unharmed(website)


@pytest.mark.parametrize("value", ["no JSON", "7", '{"at": "never", "error": ""}'])
def test_facts_that_are_none_do_no_harm(observed: Program, value: str):
    with closing(sqlite3.connect(observed.path(HISTORY))) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute("UPDATE fact SET value = ? WHERE name = 'observed'", (value,))
    with serving(observed) as website:
        assert "cannot be read" in unharmed(website)


def test_a_history_of_another_version_is_not_understood(observed: Program):
    observed.execute("PRAGMA user_version = 99", HISTORY)
    with serving(observed) as website:
        assert "another version" in unharmed(website)
        observed.ok("refresh")
        assert website.get("/readyz").status == 200


@pytest.mark.exhaustive
def test_a_history_that_is_locked_is_waited_for_and_then_told(observed: Program):
    with (
        serving(observed) as website,
        closing(sqlite3.connect(observed.path(HISTORY), isolation_level=None)) as connection,
    ):
        connection.execute("BEGIN EXCLUSIVE")
        assert "locked" in website.get("/readyz").text
        assert website.get("/metrics").status == 200
        connection.execute("ROLLBACK")
        assert website.get("/readyz").status == 200


KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE target SET place = 'half written'")
for number in range(2000):
    connection.execute("INSERT INTO known VALUES (?, ?)", (str(number), "x" * 500))
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_writer_had_begun_is_not_shown(observed: Program):
    file = observed.path(HISTORY)
    subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    assert file.with_name(f"{file.name}-journal").stat().st_size > 0, "the writer left no journal behind"
    with serving(observed) as website:
        assert website.get("/readyz").status == 200
        assert "half written" not in website.get("/status").text


def test_a_state_folder_that_goes_and_comes_again_is_followed(observed: Program):
    state, away = observed.folder / "state", observed.folder / "away"
    with serving(observed) as website:
        assert website.get("/readyz").status == 200
        state.rename(away)
        assert unharmed(website).startswith("No data yet")
        state.write_text("a file where the folder was")
        unharmed(website)
        state.unlink()
        away.rename(state)
        assert website.get("/readyz").status == 200


def test_the_history_is_left_as_it_is(observed: Program):
    before = {file.name: file.read_bytes() for file in (observed.folder / "state").iterdir()}
    with serving(observed) as website:
        for path in PATHS:
            website.get(path)
    assert {file.name: file.read_bytes() for file in (observed.folder / "state").iterdir()} == before


def test_a_history_in_memory_is_read_where_the_state_folder_is_a_file(program: Program):
    """Whoever writes goes elsewhere then, and so does who reads."""
    blocked = program.folder / "blocked"
    blocked.write_text("")
    memory = location.path(blocked).parent
    assert memory.parent == Path("/dev/shm")
    assert not memory.exists()
    try:
        program.run("refresh", BACKUP_STATE_DIR=str(blocked))
        with serving(program, BACKUP_STATE_DIR=str(blocked)) as website:
            assert website.get("/readyz").status == 200
    finally:
        shutil.rmtree(memory, ignore_errors=True)
