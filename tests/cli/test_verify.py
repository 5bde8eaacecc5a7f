"""`verify`: exit codes, JSON and history."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.cli.website import serving
from tests.support.servers import Webhook


def damage(program: Program, index: int = 0) -> str:
    """Changes a byte of a backup; its id."""
    row = program.listed()[index]
    file = program.remote / row["path"]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x10
    file.write_bytes(content)
    return str(row["id"])


@pytest.fixture
def saved(program: Program) -> Program:
    """The program, after a backup."""
    program.ok("backup")
    return program


def test_a_good_backup_passes(saved: Program):
    (row,) = json.loads(saved.ok("verify", "--json"))
    assert row["outcome"] == "passed"
    assert (row["id"], row["path"], row["level"]) == (saved.listed()[0]["id"], saved.listed()[0]["path"], "read")
    assert saved.listed()[0]["verification"] == {
        "level": "read",
        "outcome": "passed",
        "verified_at": row["verified_at"],
    }
    done = saved.run("verify", "--level", "hash")
    assert (done.code, done.out) == (0, "")
    assert "passed (hash, " in done.err


def test_a_backup_that_failed_ends_with_5_and_is_not_restored(saved: Program):
    backup_id = damage(saved)
    done = saved.run("verify", "--json")
    assert done.code == 5
    assert "failed its verification (read): the object is damaged: its SHA-256 differs" in done.error
    (row,) = json.loads(done.out)
    assert (row["id"], row["outcome"]) == (backup_id, "failed")
    assert row["problem"] in done.err
    assert [one["state"] for one in saved.listed()] == ["failed"]
    assert saved.run("restore", "--latest").code == 6
    done = saved.run("restore", "--id", backup_id)
    assert done.code == 5  # its hash still differs
    assert "It is restored because you chose it." in done.err


@pytest.mark.exhaustive
def test_all_backups_are_verified_also_after_a_failure(saved: Program):
    saved.write("second")
    saved.ok("backup")
    failed = damage(saved)
    done = saved.run("verify", "--all", "--json")
    assert done.code == 5
    assert [(row["id"] == failed, row["outcome"]) for row in json.loads(done.out)] == [
        (True, "failed"),
        (False, "passed"),
    ]
    assert '1 of 2 backups of "default" failed.' in done.err
    # The latest good one is the older one now.
    (row,) = json.loads(saved.ok("verify", "--latest", "--json"))
    assert (row["id"] == failed, row["outcome"]) == (False, "passed")
    assert saved.run("verify", "--id", failed).code == 5


@pytest.mark.exhaustive
def test_a_failure_of_one_database_decides_the_exit_code(saved: Program):
    saved.add("extra")
    saved.ok("backup")
    (extra,) = [index for index, row in enumerate(saved.listed()) if row["database"] == "extra"]
    damage(saved, extra)
    done = saved.run("verify")
    assert done.code == 5
    assert "1 of 2 parts of this run failed." in done.err
    assert saved.run("verify", "-d", "default").code == 0


def test_nothing_to_verify_ends_with_6(program: Program):
    assert program.run("verify").code == 6
    assert program.run("verify", "--all").code == 6
    assert program.run("verify", "--id", "aaaaa1").code == 6
    assert json.loads(program.run("verify", "--json").out) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--level", "all"),
        ("--report", "--all"),
        ("--level", ""),
        ("--latest", "--all"),
        ("--all", "--id", "aaaaa1"),
        ("--id", ""),
        ("-d", "nosuch"),
        ("--id", "aaaaa1", "-d", "default", "-d", "extra"),
    ],
)
def test_wrong_arguments_end_with_2(program: Program, arguments: tuple[str, ...]):
    done = program.run("verify", *arguments)
    assert done.code == 2, done.err
    assert "Traceback" not in done.err


def test_storage_that_cannot_be_reached_ends_with_75(saved: Program):
    env = {"RCLONE_CONFIG_AWAY_TYPE": "webdav", "RCLONE_CONFIG_AWAY_URL": "http://127.0.0.1:1/"}
    done = saved.run("verify", BACKUP_REMOTE="away:x", **env)
    assert done.code == 75, done.err


@pytest.mark.exhaustive
def test_what_says_nothing_about_the_backup_is_not_recorded(saved: Program):
    (manifest,) = (saved.remote / "manifests").glob("2*.json")
    manifest.write_text(manifest.read_text().replace('"engine": "sqlite"', '"engine": "mysql"'))
    done = saved.run("verify", "--json")
    assert done.code == 2
    assert "is a backup of mysql: it can be verified with --level hash only." in done.error
    assert [row["outcome"] for row in json.loads(done.out)] == [""]
    assert [row["state"] for row in saved.listed()] == ["good"]
    assert not any("verification" in path for path in saved.stored())
    saved.ok("verify", "--level", "hash")


def test_a_backup_of_another_project_is_not_verified(saved: Program):
    (row,) = saved.listed()
    done = saved.run("verify", "--id", row["id"], BACKUP_PROJECT="shop")
    assert done.code == 2
    assert "was made without a project name: only its own project verifies it." in done.error
    assert not any("verification" in path for path in saved.stored())


@pytest.mark.exhaustive
def test_an_empty_folder_for_temporary_files_is_left_empty(saved: Program, tmp_path: Path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    saved.ok("verify", TMPDIR=str(scratch))
    assert list(scratch.iterdir()) == []


@pytest.mark.exhaustive
def test_pruning_removes_the_records_of_removed_backups(saved: Program):
    saved.ok("verify")
    saved.ok("backup")
    saved.ok("verify")
    saved.ok("prune", "--force", BACKUP_KEEP_LAST="1")
    (row,) = saved.listed()
    assert all(row["id"] in path for path in saved.stored() if path.startswith("manifests/"))


LABELS = ("default", "sqlite")


@pytest.mark.exhaustive
def test_metrics_status_and_page_show_verifications_also_after_the_history_is_lost(saved: Program):
    saved.ok("refresh")
    success = "verify_last_success_timestamp_seconds"
    with serving(saved) as website:
        before = website.metrics()
        assert [before[success, (*LABELS, level)] for level in ("hash", "read")] == [0, 0]
        assert website.get("/status").json["databases"][0]["verification"] is None
        saved.ok("verify", "--level", "hash")
        after = website.metrics()
        assert after[success, (*LABELS, "hash")] > after[success, (*LABELS, "read")] == 0
        assert after["verify_runs_total", (*LABELS, "hash", "success")] == 1
        saved.ok("verify")
        saved.ok("refresh")
        assert website.get("/status").json["databases"][0]["verification"]["passed"] is True
        assert "passed (read)" in website.get("/").text
    shutil.rmtree(saved.folder / "state")
    saved.ok("refresh")
    with serving(saved) as website:
        restored = website.metrics()
        assert restored[success, (*LABELS, "read")] == restored[success, (*LABELS, "hash")] > 0


@pytest.mark.exhaustive
def test_a_failed_verification_is_a_problem_until_a_newer_one_passes(saved: Program):
    failed = damage(saved)
    assert saved.run("verify").code == 5
    saved.ok("refresh")
    with serving(saved) as website:
        status = website.get("/status")
        assert status.status == 503
        assert f'Database "default": backup {failed} failed its verification (read).' in status.json["problems"]
        assert website.metrics()["verify_runs_total", (*LABELS, "read", "failure")] == 1
        assert website.metrics()["backups_stored", LABELS] == 0
        assert "failed (read)" in website.get("/").text
        saved.ok("backup")
        saved.ok("verify")
        saved.ok("refresh")
        assert website.get("/status").status == 200


def test_a_failed_verification_is_notified(saved: Program, webhook: Webhook):
    damage(saved)
    assert saved.run("verify", BACKUP_NOTIFY_URLS=webhook.url.replace("http", "json")).code == 5
    message = webhook.next().json()
    assert 'Verification of backups failed for database "default"' in message["title"]
    assert "Make a new backup now: `django-rclone backup`." in message["message"]
