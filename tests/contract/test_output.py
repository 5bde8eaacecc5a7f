"""Output that cannot be written does not change what a command does, nor how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.project import Project, Storage
from tests.contract.sqlite_support import build
from tests.support.spoilt_output import SPOILT, gone


@pytest.fixture
def project(tmp_path: Path, local: Storage) -> Project:
    live = build(tmp_path / "app.sqlite3")
    databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(live)}}
    return Project(databases, local, {"DB_CLEANUP_KEEP": 1})


@pytest.mark.representatives("closed-stdout", "gone-stdout")
@pytest.mark.parametrize("number", [1, 2], ids=["stdout", "stderr"])
@pytest.mark.parametrize("how", SPOILT)
def test_a_backup_prunes_and_ends_well_whatever_becomes_of_its_output(project: Project, how: str, number: int):
    for _run in range(2):
        done = project.run("dbbackup", "--clean", prefix=SPOILT[how](number))
        assert done.code == 0, done.err
        assert "Traceback" not in done.err
        assert done.out == "" or number != 1
    assert len([path for path in project.storage.files() if path.startswith("manifests/")]) == 1


@pytest.mark.parametrize("how", SPOILT)
def test_a_failure_keeps_its_exit_code_whatever_becomes_of_stderr(project: Project, how: str):
    done = project.run("dbrestore", "--noinput", prefix=SPOILT[how](2))
    assert done.code == 6
    assert "Traceback" not in done.err


def test_nobody_is_asked_where_stdin_is_closed(project: Project):
    project.ok("dbbackup")
    done = project.run("dbrestore", prefix=SPOILT["closed"](0))
    assert done.code == 2
    assert "Not a terminal" in done.error


@pytest.mark.parametrize("command", ["listbackups", "backuptarget"])
def test_output_that_is_what_a_command_is_for_is_missed(project: Project, command: str):
    project.ok("dbbackup")
    done = project.run(command, prefix=SPOILT["full"](1))
    assert done.code == 1
    assert done.error == "The output could not be written: No space left on device."


def test_a_reader_who_leaves_early_has_read_enough(project: Project):
    project.ok("dbbackup")
    done = project.run("listbackups", prefix=gone(1))
    assert (done.code, done.err) == (0, "")
