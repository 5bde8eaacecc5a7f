"""The log: its two forms, its levels, and no secrets in it."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.cli.program import Program


def test_every_line_of_a_json_log_is_an_object(program: Program):
    done = program.run("backup", BACKUP_LOG_FORMAT="json")
    entries = [json.loads(line) for line in done.err.splitlines()]
    assert all({"time", "level", "event", "message", "run_id"} <= set(entry) for entry in entries)
    assert len({entry["run_id"] for entry in entries}) == 1
    assert all(datetime.fromisoformat(entry["time"]).tzinfo for entry in entries)
    (made,) = [entry for entry in entries if entry["event"] == "backup.done"]
    (listed,) = program.listed()
    assert (made["database"], made["path"], made["bytes"]) == ("default", listed["path"], listed["bytes"])
    assert made["seconds"] > 0


def test_a_failure_is_an_object_too_and_carries_the_clients_own_words(program: Program):
    program.path("app").write_bytes(b"no database at all, but long enough to look at" * 100)
    done = program.run("backup", BACKUP_LOG_FORMAT="json")
    (failed,) = [entry for entry in map(json.loads, done.err.splitlines()) if entry["level"] == "error"]
    assert done.code == 1
    assert (failed["event"], failed["database"]) == ("backup.failed", "default")
    assert "not a database" in failed["message"]
    wrong = program.run("backup", BACKUP_LOG_FORMAT="json", BACKUP_KEEP_LAST="ten")
    (said,) = [json.loads(line) for line in wrong.err.splitlines()]
    assert (said["level"], said["event"]) == ("error", "backup.failed")


@pytest.mark.exhaustive
def test_the_level_decides_what_is_left_out(program: Program):
    assert program.run("backup", BACKUP_LOG_LEVEL="error").err == ""
    assert " INFO " in program.run("backup").err
    program.path("app").write_bytes(b"no database at all, but long enough to look at" * 100)
    assert "Traceback" not in program.run("backup").err


def test_a_mistyped_variable_is_warned_of(program: Program):
    done = program.run("list", BACKUP_REMOT="x")
    assert done.code == 0
    assert "WARNING The variable BACKUP_REMOT is unknown and has no effect. Did you mean BACKUP_REMOTE?" in done.err


def test_no_secret_is_in_the_log(program: Program):
    env = {
        "DATABASE_URL": "postgres://app:url-canary@127.0.0.1:1/app?options=url-canary",
        "BACKUP_ENCRYPTION_PASSWORD": "crypt-canary",
        "RCLONE_CONFIG_AWAY_TYPE": "webdav",
        "RCLONE_CONFIG_AWAY_URL": "http://user:remote-canary@127.0.0.1:1/",
        "RCLONE_CONFIG_AWAY_BEARER_TOKEN": "token-canary",
        "BACKUP_REMOTE": "away:x",
        "BACKUP_LOG_LEVEL": "debug",
    }
    for command in (["backup"], ["doctor"], ["list"], ["restore", "--latest", "--dry-run"]):
        done = program.run(*command, **env)
        assert done.code != 0
        assert "canary" not in done.err + done.out, done.err
