"""The history of runs, however they were started."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from django_rclone_sidecar.report import Report
from django_rclone_sidecar.runs import observers
from tests.cli.history import breaks, tally
from tests.cli.program import Program
from tests.cli.serving import runs

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_every_part_of_a_run_is_kept(program: Program):
    program.fill_media()
    program.add("logs")
    with breaks(program.path("logs")):
        assert program.run("backup").code == 3
    program.ok("restore", "--latest", "--database", "default", "--media")
    assert runs(program) == [
        ("backup", "", "success", 3),
        ("backup", "default", "success", 3),
        ("backup", "logs", "failure", 3),
        ("restore", "", "success", 0),
        ("restore", "default", "success", 0),
    ]
    assert tally(program, "runs") == 5


def test_runs_are_kept_where_the_driver_of_the_database_is_missing(program: Program):
    """The same as in the image. Media files have no alias: the history is asked for an empty one."""
    program.fill_media()
    for driver in ("psycopg", "psycopg2"):
        (program.folder / f"{driver}.py").write_text("raise ImportError")
    env = {"DATABASE_URL": "postgres://site@127.0.0.1:1/site", "PYTHONPATH": str(program.folder)}
    done = program.run("media-backup", **env)
    assert (done.code, "was not notified" in done.err) == (0, False)
    assert runs(program) == [("media-backup", "", "success", 0)]
    assert tally(program, "runs") == 1


def test_a_failure_before_the_beginning_is_one_of_all_databases_that_are_known(program: Program):
    program.add("logs")
    program.ok("refresh")
    assert program.run("backup", DATABASE_URL="nonsense").code == 2
    assert runs(program) == [("backup", "default", "failure", 2), ("backup", "logs", "failure", 2)]
    assert program.run("media-backup", BACKUP_MEDIA_ROOT="").code == 2
    assert runs(program)[2:] == [("media-backup", "", "failure", 2)]


@pytest.mark.exhaustive
def test_what_changes_nothing_is_no_run(program: Program):
    program.ok("backup")
    before = runs(program)
    program.ok("restore", "--latest", "--dry-run")
    assert program.run("backup", "-d", "nonsense").code == 2
    lock = os.open(program.folder / "state", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert program.run("backup").code == 4
    finally:
        os.close(lock)
    assert runs(program) == before


@pytest.mark.exhaustive
@pytest.mark.parametrize("where", [0, 4096], ids=["no database", "damaged in its middle"])
def test_a_damaged_history_is_begun_anew(program: Program, where: int):
    program.ok("backup")
    file = program.folder / "state" / "history.sqlite3"
    whole = file.read_bytes()
    file.write_bytes(whole[:where] + b"\xff" * (len(whole) - where))
    for _ in range(2):  # damage in the middle is found by the one, and gone for the next
        done = program.run("backup")
        assert (done.code, "Traceback" in done.err) == (0, False)
        assert done.err.count("WARNING The history") <= 1, done.err
    assert runs(program)[-1] == ("backup", "default", "success", 0)


@pytest.mark.exhaustive
def test_a_history_of_another_version_is_begun_anew(program: Program):
    program.ok("backup")
    file = program.folder / "state" / "history.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    program.ok("backup")
    assert runs(program) == [("backup", "default", "success", 0)]


@pytest.mark.exhaustive
def test_counts_go_on_when_old_runs_are_forgotten(program: Program):
    program.ok("backup")
    program.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO run SELECT "
        "'old' || i, 'backup', '', datetime('2020-01-01', i || ' minutes'), datetime('2020-01-02'), 0, '' FROM n",
        "state/history",
    )
    program.ok("backup")
    assert program.execute("SELECT count(*), min(started_at) FROM run", "state/history")[0][0] == 1000
    assert len(runs(program)) == 2
    assert tally(program, "runs") == 2


def test_where_there_can_be_no_history_the_log_says_so_once_and_the_backup_is_made(program: Program):
    (program.folder / "state" / "history.sqlite3").mkdir(parents=True)
    done = program.run("backup")
    assert done.code == 0
    assert done.err.count("WARNING The history") == 1, done.err
    assert "Traceback" not in done.err


def test_where_the_state_folder_is_no_folder_runs_say_so(program: Program):
    (program.folder / "state").write_text("a file")
    assert "The state folder" in program.run("backup").error


@pytest.mark.parametrize(("code", "first"), [(1, "people"), (143, "history")])
def test_who_was_asked_to_stop_writes_down_first_and_then_tells(code: int, first: str):
    told = []

    class Listener:
        def __init__(self, name: str) -> None:
            self.name = name

        def run_ended(self, _report: Report) -> None:
            told.append(self.name)

    observers.notify_run_ended([Listener("people"), Listener("history")], Report("a1", "backup", NOW, exit_code=code))
    assert told[0] == first
    assert sorted(told) == ["history", "people"]
