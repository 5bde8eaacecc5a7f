"""A dump is one moment, also while others write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.conftest import SUBJECTS, make_subject
from tests.contract.project import Project, Storage, slow
from tests.contract.subjects import ACCOUNTS, BALANCE, Sqlite, Subject

# Slow enough that hundreds of transfers happen while the dump is under way.
SLOW = slow("4M")


# What MongoDB cannot do: mongodump reads one collection after another. test_mongodb.py shows that it says so. And tar
# reads one file after another.
ONE_MOMENT = [name for name in SUBJECTS if name not in ("mongodb", "folder")]


@pytest.fixture(params=[*ONE_MOMENT, "sqlite-rollback"])
def written(request: pytest.FixtureRequest, tmp_path: Path):
    """Each database in turn, SQLite also in its rollback-journal mode."""
    if request.param == "sqlite-rollback":
        yield Sqlite(tmp_path, "file", wal=False)
    else:
        yield from make_subject(request.param, request, tmp_path)


@pytest.mark.representatives("postgresql-17", "mysql-9", "sqlite-file")
def test_money_that_moves_during_the_dump_is_neither_lost_nor_made(written: Subject, local: Storage):
    project = Project({"default": written.database}, local, {**written.options, **SLOW})
    written.open_accounts()
    written.fill_simply(megabytes=8)
    with written.writers() as transfers:
        project.ok("dbbackup")
        during = transfers()
    assert during > 20
    name = written.beside()
    project.ok("dbrestore", "--noinput", "--into", name)
    assert written.total(name) == ACCOUNTS * BALANCE
    assert written.total() == ACCOUNTS * BALANCE


@pytest.mark.exhaustive
def test_spool_makes_writers_in_rollback_journal_mode_wait_for_a_local_copy_only(tmp_path: Path, local: Storage):
    subject = Sqlite(tmp_path, "file", wal=False)
    options = {"DATABASE_OPTIONS": {"default": {"SPOOL": True}}, **slow("2M")}
    project = Project({"default": subject.database}, local, options)
    subject.open_accounts()
    subject.fill_simply(megabytes=8)
    with subject.writers() as transfers, project.started("dbbackup") as run:
        run.child("rclone", "rcat")
        first = transfers()
        assert run.end().code == 0
        assert transfers() - first > 100
    project.ok("dbrestore", "--noinput", "--into", subject.beside())
    assert subject.total(subject.beside()) == ACCOUNTS * BALANCE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.sqlite3", "beside.sqlite3", "remote"]
