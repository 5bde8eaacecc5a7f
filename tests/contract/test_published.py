"""Beside the published django-rclone 0.4 on one remote: we bring back what it made, it keeps its hands off ours."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.contract.conftest import make_subject
from tests.contract.project import Project, Storage
from tests.contract.subjects import Sqlite, Subject
from tests.contract.subjects.mysql import Mysql
from tests.support.commands import ROOT, Done, run

DATABASE = 'Database "default": '
# Of the database as a whole, which SQL text does not hold.
PRAGMAS = ("user_version", "application_id", "encoding", "page_size", "auto_vacuum")


@cache
def published() -> str:
    """The Python of an environment that holds the published package."""
    script = [str(ROOT / "scripts/venv.sh"), "published", "requirements/published.txt"]
    return subprocess.run(script, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1]


def old(project: Project, *arguments: str) -> Done:
    """Runs a command of django-rclone 0.4 in the same project."""
    environment = project.environment(DJANGO_SETTINGS_MODULE="tests.contract.settings")
    if folder := project.options.get("DATABASE_OPTIONS", {}).get("default", {}).get("BINARY_DIR"):
        names = project.storage.folder.with_name("names of the time")
        names.mkdir(exist_ok=True)
        for name, now in (("mysqldump", "mariadb-dump"), ("mysql", "mariadb")):
            if (program := Path(folder, now)).exists():
                (names / name).write_text(f'#!/bin/sh\nexec {program} "$@"\n')
                (names / name).chmod(0o755)
        environment["PATH"] = f"{names}:{folder}:{environment['PATH']}"
    return run([published(), "-m", "django", *arguments], env=environment)


# Every connector of 0.4's. What it made of SQLite is SQL text, though it is called sqlite3.
ALL = ["sqlite-sql", "spatialite-sql", "postgresql-17", "postgis-17", "mysql-9", "mariadb-11.8", "mongodb"]
FEW = ["sqlite-sql", "postgresql-17", "mongodb"]
with_few = pytest.mark.parametrize("typical", FEW, indirect=True)


@pytest.fixture(params=ALL)
def typical(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """The databases as 0.4 knew them."""
    yield from make_subject(request.param, request, tmp_path)


@pytest.fixture
def empty_project(typical: Subject, local: Storage) -> Project:
    """A project that both versions understand."""
    database = typical.database
    if database["ENGINE"] == "django_mongodb_backend":
        # 0.4 knows this backend by its other name only, and looks for users where this says.
        database = {**database, "ENGINE": "djongo", "AUTH_SOURCE": "admin"}
    return Project({"default": database}, local, typical.options)


@pytest.fixture
def project(typical: Subject, empty_project: Project) -> Project:
    """The same, with something simple in its database."""
    typical.fill_simply()
    return empty_project


def make(project: Project) -> str:
    """Lets 0.4 make a backup, and returns its name."""
    there = set(project.storage.files())
    made = old(project, "dbbackup")
    assert made.code == 0, made.err
    (path,) = set(project.storage.files()) - there
    return Path(path).name


@pytest.mark.representatives("sqlite-sql", "postgresql-17")
def test_what_it_made_is_listed_as_unverified_and_restored_by_path(typical: Subject, project: Project):
    name = make(project)
    (backup,) = project.backups()
    assert backup["state"] == "unverified"
    assert backup["path"] == f"db/{name}"
    assert backup["database"] == "default"
    typical.lose_words(1)
    typical.add_later_things()
    refused = project.run("dbrestore", "--noinput")
    assert refused.code == 6
    assert name in refused.error
    project.ok("dbrestore", "--noinput", "-i", name)
    assert len(typical.words()) == 3
    assert not {"later", "later_view"} & set(typical.names())


def everything(subject: Subject) -> str:
    """All that 0.4's dumps hold."""
    found = subject.fingerprint()
    if isinstance(subject, Sqlite):
        return "\n".join(found.splitlines()[len(PRAGMAS) :])
    return found


@pytest.mark.representatives("sqlite-sql")
def test_everything_that_is_in_them_comes_back(typical: Subject, empty_project: Project):
    typical.fill_with_everything()
    if isinstance(typical, Mysql) and typical.server.flavour == "mariadb":
        # What no plain dump of MariaDB's can bring back, whoever tries: test_mysql.py says more.
        for statement in ("DROP VIEW v3", "DROP TABLE with_history"):
            typical.execute(statement)
    before = everything(typical)
    name = make(empty_project)
    if isinstance(typical, Mysql):
        # Of routines and events they say nothing: these stay as they are, so they must not change here.
        for statement in (
            "CREATE TABLE later (id int)",
            "DROP TRIGGER logged",
            "DELETE FROM log",
            "DELETE FROM measure",
        ):
            typical.execute(statement)
    else:
        typical.change_everything()
    assert everything(typical) != before
    empty_project.ok("dbrestore", "--noinput", "-i", name)
    assert everything(typical) == before


@pytest.mark.representatives("sqlite-sql")
@with_few
def test_a_cut_one_is_refused_and_changes_nothing(typical: Subject, project: Project, tmp_path: Path):
    name = make(project)
    whole = project.storage.copy(f"db/{name}", tmp_path / "whole").read_bytes()
    before = typical.fingerprint()
    for share in (0.3, 0.6, 0.95):
        project.storage.put(f"db/{name}", whole[: int(share * len(whole))], tmp_path / "cut")
        done = project.run("dbrestore", "--noinput", "-i", name)
        assert done.code in (1, 5), done.err
        assert DATABASE in done.error
        assert typical.fingerprint() == before


@pytest.mark.representatives("sqlite-sql")
@with_few
def test_the_newest_of_them_is_latest_only_when_the_user_says_unverified(typical: Subject, project: Project):
    make(project)
    typical.lose_words(1)
    project.ok("dbrestore", "--noinput", "--unverified")
    assert len(typical.words()) == 3
    typical.lose_words(2)
    project.ok("dbbackup")
    typical.lose_words()
    project.ok("dbrestore", "--noinput", "--unverified")  # there is something better now
    assert [number for number, _text in typical.words()] == [1, 3]


@pytest.mark.representatives("sqlite-sql")
@with_few
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


@pytest.mark.representatives("sqlite-sql")
def test_clean_removes_its_backups_in_order_of_the_time_in_their_names(typical: Subject, project: Project):
    first = make(project)
    ending = Path(first).suffix
    # Made in another order than their names say, which is what 0.4 itself would go by.
    for year in (2024, 2023, 2025):
        name = f"default-{year}-01-01-000000{ending}"
        project.storage.rclone("copyto", project.storage.path(f"db/{first}"), project.storage.path(f"db/{name}"))
    project.options["DB_CLEANUP_KEEP"] = 3
    project.ok("dbbackup", "--clean")
    newest, *left = project.backups()
    assert newest["state"] == "good"
    assert [Path(backup["path"]).name for backup in left] == [first, f"default-2025-01-01-000000{ending}"]
