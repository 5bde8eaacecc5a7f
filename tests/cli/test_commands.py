"""The commands of the sidecar and their exit codes."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess

import pytest

from tests.cli.program import Program
from tests.contract.project import alive


def test_a_backup_and_a_restore_bring_everything_back(program: Program):
    program.fill_media()
    program.ok("backup")
    program.write("second")
    (program.media / "photo.jpg").unlink()
    done = program.run("restore", "--latest", "--media")
    assert done.code == 0, done.err
    assert program.note() == "first"
    assert (program.media / "photo.jpg").read_bytes() == b"photo"


def test_the_log_begins_with_what_is_backed_up_and_where_that_was_said(program: Program):
    done = program.run("backup")
    first, second, *_ = done.err.splitlines()
    assert f'Database "default": sqlite3 {program.path("app")} (from DATABASE_URL' in first
    assert f"Remote: {program.remote}" in second
    assert done.out == ""


def test_the_list_of_an_empty_remote_is_empty_and_asks_no_database(program: Program):
    program.path("app").unlink()
    done = program.run("list")
    assert (done.code, done.out) == (0, "")
    assert json.loads(program.ok("list", "--json")) == []


@pytest.mark.exhaustive
def test_a_list_shows_backups_and_media(program: Program):
    program.fill_media()
    program.ok("backup")
    (row,) = program.listed()
    assert (row["database"], row["state"]) == ("default", "good")
    assert row["id"] in program.ok("list")
    assert [file["path"] for file in program.listed("--media")] == ["photo.jpg"]
    assert "photo.jpg" in program.ok("list", "--media")


def test_several_databases_stand_alone(program: Program):
    program.add("extra")
    program.ok("backup")
    assert {row["database"] for row in program.listed()} == {"default", "extra"}
    program.path("extra").unlink()
    program.write("second")
    done = program.run("backup")
    assert done.code == 3
    assert 'Database "extra"' in done.err
    assert "1 of 2 parts of this run failed." in done.err
    assert len(program.listed("--database", "default")) == 2
    assert program.run("backup", "--database", "extra").code not in (0, 3)


@pytest.mark.exhaustive
def test_databases_can_be_chosen(program: Program):
    program.add("extra")
    program.ok("backup", "--database", "extra")
    assert [row["database"] for row in program.listed()] == ["extra"]
    program.ok("backup", BACKUP_DATABASES="default")
    assert [row["database"] for row in program.listed()] == ["default", "extra"]
    done = program.run("backup", BACKUP_DATABASES="other")
    assert done.code == 2
    assert done.error == 'BACKUP_DATABASES names the database "other"; the target has: default, extra.'


@pytest.mark.exhaustive
def test_only_the_last_backups_are_kept_when_that_is_said(program: Program):
    done = program.run("backup")
    assert "Retention is not set (BACKUP_KEEP_LAST, BACKUP_KEEP_DAILY and so on): all backups are kept." in done.err
    program.ok("backup")
    program.ok("backup", BACKUP_KEEP_LAST="2")
    assert len(program.listed()) == 2


@pytest.mark.exhaustive
def test_pruning_removes_only_what_it_may(program: Program):
    for _ in range(3):
        program.ok("backup")
    assert json.loads(program.ok("prune", "--json")) == []
    newest, *older = program.listed()
    planned = json.loads(program.ok("prune", "--dry-run", "--json", BACKUP_KEEP_LAST="1"))
    assert {row["id"] for row in planned} == {row["id"] for row in older}
    assert len(program.listed()) == 3
    removed = json.loads(program.ok("prune", "--force", "--json", BACKUP_KEEP_LAST="1"))
    assert removed == planned
    assert program.listed() == [newest]


@pytest.mark.exhaustive
def test_nothing_is_removed_after_a_failure(program: Program):
    for _ in range(3):
        program.ok("backup")
    program.path("app").unlink()
    assert program.run("backup", BACKUP_KEEP_LAST="1").code != 0
    assert len(program.listed()) == 3


@pytest.mark.exhaustive
def test_a_second_run_does_not_start(program: Program):
    program.ok("backup")
    folder = os.open(program.folder / "state", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        for arguments in (["backup"], ["restore", "--latest"], ["prune"], ["media-backup"], ["media-restore"]):
            done = program.run(*arguments, BACKUP_MEDIA_ROOT=str(program.folder))
            assert done.code == 4, arguments
            assert "Another run holds the lock" in done.error
        assert len(program.listed()) == 1
    finally:
        os.close(folder)
    program.ok("backup")


def test_a_state_folder_that_cannot_be_is_said(program: Program):
    done = program.run("backup", BACKUP_STATE_DIR="/proc/no-such")
    assert done.code == 2
    assert "Set BACKUP_STATE_DIR to another folder." in done.error


@pytest.mark.exhaustive
def test_media_follow_the_choice(program: Program):
    assert "Media files: none" in program.run("backup").err
    done = program.run("backup", BACKUP_MEDIA="on")
    assert done.code == 2
    assert "Set BACKUP_MEDIA_ROOT" in done.error
    program.fill_media()
    program.ok("backup", BACKUP_MEDIA="off")
    assert not (program.remote / "media").exists()
    program.ok("backup")
    assert (program.remote / "media/photo.jpg").exists()


@pytest.mark.exhaustive
def test_a_media_folder_that_has_gone_fails_the_run_and_not_the_databases(program: Program):
    program.fill_media()
    program.ok("media-backup")
    (program.media / "photo.jpg").unlink()
    done = program.run("backup")
    assert done.code == 3
    assert "is a volume not mounted?" in done.err
    assert len(program.listed()) == 1
    assert (program.remote / "media/photo.jpg").exists()
    program.ok("media-restore")
    assert (program.media / "photo.jpg").exists()
    (program.media / "photo.jpg").unlink()
    program.ok("media-backup", "--allow-empty")
    assert not (program.remote / "media/photo.jpg").exists()


def test_management_commands_run_in_the_sidecars_project(program: Program):
    program.ok("backup")
    assert "default-" in program.ok("manage", "listbackups")
    assert program.run("manage", "dbrestore", "--at", "never").code == 2


def test_a_remote_that_cannot_be_reached_is_temporary(program: Program):
    env = {
        "RCLONE_CONFIG_AWAY_TYPE": "webdav",
        "RCLONE_CONFIG_AWAY_URL": "http://127.0.0.1:1/",
        "BACKUP_REMOTE": "away:x",
    }
    done = program.run("backup", **env)
    assert done.code == 75
    assert 'Remote "away:x" cannot be reached' in done.error


def test_a_signal_ends_a_run_in_order(program: Program):
    program.execute("CREATE TABLE ballast AS SELECT randomblob(8000000) AS bytes")
    run = program.start("backup", RCLONE_BWLIMIT="1M", RCLONE_BUFFER_SIZE="0")
    upload = run.child("rcat")
    run.process.terminate()
    done = run.end()
    assert done.code == 143
    assert "Interrupted by signal 15." in done.err
    assert not alive(upload)
    assert program.stored() == []
    program.ok("backup")


@pytest.mark.exhaustive
def test_somebody_who_stops_listening_is_no_accident(program: Program):
    for _ in range(2):
        program.ok("backup")
    command = "django-rclone list --json | head -c 1"
    done = subprocess.run(["bash", "-c", command], env=program.env, capture_output=True, text=True, check=True)
    assert done.stdout == "["
    assert "Error" not in done.stderr
