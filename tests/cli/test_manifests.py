"""What nobody expects on a remote: an odd manifest is a damaged one, and what is dated later does not count."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.program import Program
from tests.cli.website import serving


def change(program: Program, edit: Callable[[dict[str, Any]], None], which: int = 0) -> str:
    """Changes a manifest, by the order of their names, and returns its id."""
    file = sorted((program.remote / "manifests").glob("*.json"))[which]
    document = json.loads(file.read_text())
    edit(document)
    file.write_text(json.dumps(document))
    return document["id"]


def dated(days: float) -> Callable[[dict[str, Any]], None]:
    moment = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    return lambda document: document.update(started_at=moment, finished_at=moment)


ODD: dict[str, dict[str, Any]] = {
    "the year 9999": {"started_at": "9999-12-31T23:59:59Z", "finished_at": "9999-12-31T23:59:59Z"},
    "a NUL": {"name": "app\0", "restore": "\0"},
    "huge numbers": {"tables": {"note": 10**40}},
    "a huge size": {"objects": [{"path": "db/x-aaaaa1.dump", "bytes": 10**40, "sha256": "0" * 64}]},
    "another's path": {"objects": [{"path": "../../x", "bytes": 1, "sha256": "0" * 64}]},
    "nothing": {"objects": []},
    "much": {"host": "x" * 17_000_000},
}


def test_each_odd_manifest_is_one_damaged_line(program: Program):
    program.ok("backup")
    (whole,) = (program.remote / "manifests").glob("*.json")
    document = json.loads(whole.read_text())
    for number, odd in enumerate(ODD.values()):
        odd_id = f"odd{number:02}1"
        copy = document | {"id": odd_id} | odd
        whole.with_name(whole.name.replace(document["id"], odd_id)).write_text(json.dumps(copy))
    states = {backup["id"]: backup["state"] for backup in program.listed()}
    assert states.pop(document["id"]) == "good"
    assert sorted(states.values()) == ["damaged"] * len(ODD)
    said = [line for line in program.run("list").err.splitlines() if ".json: damaged: " in line]
    assert len(said) == len(ODD)
    program.ok("refresh")
    with serving(program) as website:
        assert website.get("/status").status == 200
    program.ok("restore", "--latest")


def test_bytes_that_are_no_text_and_sequences_that_a_terminal_obeys_are_shown(program: Program):
    program.ok("backup")
    escape = "\x1b[2J\u202e\n2026-11-23T10:15:00Z INFO    forged"
    bad = change(program, lambda document: document.update(client="caf\udce9", host=escape, engine=escape))
    shown = program.run("list")
    assert [backup["id"] for backup in program.listed()] == [bad]
    assert "\x1b" not in shown.out + shown.err
    assert "\\x1b[2J\\u202e\\n2026-11-23" in shown.out
    refused = program.run("restore", "--id", bad)
    assert refused.code == 2
    assert "\x1b" not in refused.err
    assert not [line for line in refused.err.splitlines() if line.startswith("2026-11-23T10:15")]
    program.ok("refresh")
    with serving(program) as website:
        assert website.get("/status").status == 200


def test_a_backup_dated_after_now_silences_no_alarm(program: Program):
    program.ok("backup")
    ahead = change(program, dated(365))
    assert "dated in the future" in program.run("list").err
    seen = json.loads(program.ok("refresh"))
    assert seen["databases"][0]["newest"] is None  # so that a missed slot is caught up
    program.env["BACKUP_STATE_DIR"] += "-new"  # a history that knows of no run
    program.ok("refresh")
    with serving(program) as website:
        status = website.get("/status")
        assert status.status == 503
        assert status.json["databases"][0]["overdue"] is True
        assert any(
            "dated in the future and do not count: app" not in one and ahead in one for one in status.json["problems"]
        )
        assert website.metrics()["backup_last_success_timestamp_seconds", ("default", "sqlite")] == 0
        assert website.metrics()["backup_overdue", ("default", "sqlite")] == 1


@pytest.mark.exhaustive
def test_a_clock_that_was_once_ahead_takes_no_new_backup_away(program: Program):
    for number in range(2):
        program.ok("backup")
        change(program, dated(300 + number), number)
    for text in ("third", "fourth", "fifth"):
        program.write(text)
        program.ok("backup", BACKUP_KEEP_LAST="2")
        program.write("changed")
        done = program.run("restore", "--latest")
        assert (done.code, program.note()) == (0, text), done.err
        assert "dated in the future" in done.err
    assert len(program.listed()) == 4


def test_a_time_that_has_not_come_means_the_newest_and_that_is_said(program: Program):
    program.ok("backup")
    done = program.run("restore", "--at", "2999-01-01")
    assert done.code == 0, done.err
    assert "is in the future (this machine's clock says" in done.err


def test_a_neighbours_backups_silence_no_alarm(program: Program):
    program.ok("backup", DATABASE_URL=program.url("neighbour"))
    assert json.loads(program.ok("refresh"))["databases"][0]["newest"] is None
    program.ok("backup", BACKUP_PROJECT="other")
    assert json.loads(program.ok("refresh"))["databases"][0]["newest"] is None
    program.ok("backup")
    assert json.loads(program.ok("refresh"))["databases"][0]["newest"] is not None
