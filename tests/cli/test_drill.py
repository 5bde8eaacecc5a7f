"""`verify --level drill` and `verify --report` in the sidecar: JSON, recovery time, metrics and page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.cli.website import serving

LABELS = ("default", "sqlite")


@pytest.fixture
def saved(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program, after a backup, with an empty folder for temporary files."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    program.ok("backup")
    return program


def test_a_drill_shows_recovery_time_and_recovery_point(saved: Program, tmp_path: Path):
    done = saved.run("verify", "--level", "drill", "--json")
    assert done.code == 0, done.err
    assert "It was restored in " in done.err
    (row,) = json.loads(done.out)
    assert (row["outcome"], row["level"]) == ("passed", "drill")
    assert row["drill"]["equal"] is True
    assert row["recovery_seconds"] == row["drill"]["steps"]["restore"] > 0
    assert row["recovery_point_age_seconds"] >= 0
    assert saved.listed()[0]["recovery_seconds"] == row["recovery_seconds"]
    assert "restored in" in saved.ok("list")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_metrics_status_and_page_show_the_recovery_time_also_after_the_history_is_lost(saved: Program):
    saved.ok("refresh")
    with serving(saved) as website:
        assert website.metrics()["drill_last_duration_seconds", LABELS] == 0
        assert website.get("/status").json["databases"][0]["recovery_seconds"] is None
    (row,) = json.loads(saved.ok("verify", "--level", "drill", "--json"))
    shutil.rmtree(saved.folder / "state")
    saved.ok("refresh")
    with serving(saved) as website:
        assert website.metrics()["drill_last_duration_seconds", LABELS] == row["recovery_seconds"]
        assert website.get("/status").json["databases"][0]["recovery_seconds"] == row["recovery_seconds"]
        assert "passed (drill)" in website.get("/").text
        assert "restored in" in website.get("/").text


def test_the_report_shows_every_recorded_verification(saved: Program):
    saved.ok("verify", "--level", "drill")
    saved.write("second")
    saved.ok("backup")
    saved.ok("verify", "--level", "hash")
    page = saved.ok("verify", "--report")
    assert page.startswith("# Verification of backups\n")
    assert "| hash | passed | - |" in page
    assert "| drill | passed | yes |" in page
    assert "- Recovery time: " in page
    document = json.loads(saved.ok("verify", "--report", "--json"))
    (database,) = document["databases"]
    assert [row["level"] for row in database["verifications"]] == ["hash", "drill"]
    assert database["recovery_point"]["id"] == saved.listed()[0]["id"]
    assert database["recovery_seconds"] > 0


def test_the_report_of_an_empty_remote(program: Program):
    assert "There is no good backup." in program.ok("verify", "--report")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("nonsense", "BACKUP_DRILL_DATABASE_URL is not a valid database URL"),
        ("postgres://user:canary@host", "BACKUP_DRILL_DATABASE_URL names no database"),
    ],
)
def test_a_wrong_url_for_drills_ends_with_2(saved: Program, url: str, problem: str):
    done = saved.run("verify", "--level", "drill", BACKUP_DRILL_DATABASE_URL=url)
    assert done.code == 2, done.err
    assert problem in done.err
    assert "canary" not in done.err
    assert "Traceback" not in done.err


def test_the_live_database_is_refused_as_the_one_for_drills(saved: Program):
    (row,) = saved.listed()
    manifest = json.loads(next((saved.remote / "manifests").glob(f"*-{row['id']}.json")).read_text())
    done = saved.run("verify", "--level", "drill", BACKUP_DRILL_DATABASE_URL=f"sqlite:///{manifest['name']}")
    assert done.code == 2, done.err
    assert 'BACKUP_DRILL_DATABASE_URL is the database "default" itself.' in done.error


def test_assertions_that_cannot_be_read_end_with_2_before_anything_begins(saved: Program, tmp_path: Path):
    path = tmp_path / "assertions.toml"
    done = saved.run("verify", "--level", "drill", BACKUP_DRILL_ASSERTIONS=str(path))
    assert done.code == 2, done.err
    assert f"BACKUP_DRILL_ASSERTIONS {path} cannot be read" in done.error
    path.write_text('[[assertion]]\nquery = "SELECT 1"\nexpected = 1\n')
    (row,) = json.loads(saved.ok("verify", "--level", "drill", "--json", BACKUP_DRILL_ASSERTIONS=str(path)))
    assert row["drill"]["assertions"] == 1
