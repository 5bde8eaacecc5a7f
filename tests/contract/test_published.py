"""Beside the published django-rclone 0.4 on one remote: we bring back what it made, it keeps its hands off ours."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.contract.conftest import make_subject
from tests.contract.project import ROOT, Done, Project, Storage
from tests.contract.subjects import Subject


@cache
def published() -> str:
    """The Python of an environment that holds the published package."""
    script = [str(ROOT / "scripts/venv.sh"), "published", "requirements/published.txt"]
    return subprocess.run(script, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1]


def old(project: Project, *arguments: str) -> Done:
    """Runs a command of django-rclone 0.4 in the same project."""
    environment = project.environment(DJANGO_SETTINGS_MODULE="tests.contract.settings")
    if isinstance(project.options.get("DATABASE_OPTIONS"), dict):
        folder = project.options["DATABASE_OPTIONS"]["default"].get("BINARY_DIR", "")
        environment["PATH"] = f"{folder}:{environment['PATH']}"
    done = subprocess.run(
        [published(), "-m", "django", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(params=["sqlite-file", "postgresql-17", "mongodb"])
def typical(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """The databases as 0.4 knew them."""
    yield from make_subject(request.param, request, tmp_path)


@pytest.fixture
def project(typical: Subject, local: Storage) -> Project:
    typical.fill_simply()
    database = typical.database
    if database["ENGINE"] == "django_mongodb_backend":
        # 0.4 knows this backend by its other name only, and looks for users where this says.
        database = {**database, "ENGINE": "djongo", "AUTH_SOURCE": "admin"}
    return Project({"default": database}, local, typical.options)


def test_what_it_made_is_listed_as_unverified_and_restored_by_path(typical: Subject, project: Project):
    made = old(project, "dbbackup")
    assert made.code == 0, made.err
    (backup,) = project.backups()
    assert backup["state"] == "unverified"
    assert backup["database"] == "default"
    typical.lose_words(1)
    typical.add_later_things()
    refused = project.run("dbrestore", "--noinput")
    assert refused.code == 6
    assert Path(backup["path"]).name in refused.error
    project.ok("dbrestore", "--noinput", "-i", Path(backup["path"]).name)
    assert len(typical.words()) == 3
    assert not {"later", "later_view"} & set(typical.names())


def test_the_newest_of_them_is_latest_only_when_the_user_says_unverified(typical: Subject, project: Project):
    assert old(project, "dbbackup").code == 0
    typical.lose_words(1)
    project.ok("dbrestore", "--noinput", "--unverified")
    assert len(typical.words()) == 3
    typical.lose_words(2)
    project.ok("dbbackup")
    typical.lose_words()
    project.ok("dbrestore", "--noinput", "--unverified")  # there is something better now
    assert [number for number, _text in typical.words()] == [1, 3]


def test_it_neither_lists_nor_restores_nor_deletes_ours(typical: Subject, project: Project):
    project.ok("dbbackup")
    project.ok("dbbackup")
    ours = project.storage.files()
    assert "default-" not in old(project, "listbackups", "-d", "default").out
    restored = old(project, "dbrestore", "--noinput")
    assert restored.code == 1
    assert "No backups found" in restored.err
    project.options["DB_CLEANUP_KEEP"] = 1
    for _round in range(2):
        cleaned = old(project, "dbbackup", "--clean")
        assert cleaned.code == 0, cleaned.err
    assert set(ours) <= set(project.storage.files())
    assert [backup["state"] for backup in project.backups()].count("good") == 2


def test_clean_removes_its_backups_in_order_of_the_time_in_their_names(
    typical: Subject, project: Project, tmp_path: Path
):
    for stamp in ("2024-01-01-000000", "2023-01-01-000000", "2025-01-01-000000"):
        project.storage.put(f"db/default-{stamp}.sqlite3", b"whatever", tmp_path / "file")
    project.options["DB_CLEANUP_KEEP"] = 2
    project.ok("dbbackup", "--clean")
    left = [Path(backup["path"]).name for backup in project.backups()]
    assert left[1:] == ["default-2025-01-01-000000.sqlite3"]
    assert project.backups()[0]["state"] == "good"
