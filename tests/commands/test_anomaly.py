"""An unusual backup warns and holds pruning, with SQLite and a real rclone."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.commands.test_commands import STORAGE, Project
from tests.support.history import copy_back

EMPTY = (
    "it has 0 rows (median of the 6 backups before it: 5,000); tables that had rows are empty or nearly empty: article "
    "(0 rows, before at least 5,000)"
)
ADVICE = "Check the database; if the change is intended, run `backupprune -d default --force`."

type Log = pytest.LogCaptureFixture


class Shop(Project):
    """A project with a SQLite database that has articles, and six backups of it."""

    def fill(self, articles: int) -> None:
        with closing(sqlite3.connect(self.folder / "app.sqlite3")) as connection, connection:
            connection.execute("CREATE TABLE IF NOT EXISTS article (text)")
            connection.execute("DELETE FROM article")
            texts = ((f"{number * 7919 % 1000003:x} {number}" * 4,) for number in range(articles))
            connection.executemany("INSERT INTO article VALUES (?)", texts)
            connection.execute("CREATE TABLE IF NOT EXISTS page (text)")

    def ids(self) -> list[str]:
        return sorted(json.loads(path.read_text())["id"] for path in (self.remote / "manifests").iterdir())


@pytest.fixture
def shop(tmp_path: Path, settings: Settings, databases: Callable[[dict[str, Any]], None], caplog: Log) -> Shop:
    made = Shop(tmp_path, settings)
    databases({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "app.sqlite3")}})
    made.options = {"CONNECTOR_MAPPING": {}, "PROJECT": "shop", "RETENTION": {"keep_last": 6}}
    made.set(**made.options)
    made.fill(5000)
    made.run("dbbackup")
    copy_back(made.remote, 5)
    caplog.clear()
    return made


def test_a_normal_backup_says_nothing_and_is_followed_by_pruning(shop: Shop, caplog: Log) -> None:
    shop.fill(5200)
    said, _ = shop.run("dbbackup", "--clean")
    assert said.count("\n") == 2
    assert "Removed db/default-" in said
    assert caplog.messages == []
    assert len(shop.ids()) == 6


def test_after_an_unusual_backup_nothing_is_removed_until_a_normal_one(shop: Shop, caplog: Log) -> None:
    shop.fill(0)
    said, _ = shop.run("dbbackup", "--clean")
    assert "Removed" not in said
    assert caplog.messages == [
        f'Database "default": the backup is complete, but unusual: {EMPTY}. '
        f"Pruning is held until a backup is normal again. {ADVICE}"
    ]
    assert len(shop.ids()) == 7
    before = shop.state()
    code, message = shop.fails("backupprune")
    assert code == 1
    held = f'Database "default": pruning is held, the newest backup is unusual: {EMPTY}.'
    assert message == f"{held} Nothing was removed. {ADVICE}"
    said, warned = shop.run("backupprune", "--dry-run")
    assert "6 kept, 1 would be removed." in said
    assert warned == f"{held} This needs --force.\n"
    assert shop.run("backupprune", "--dry-run", "--force")[1] == ""
    assert shop.state() == before
    caplog.clear()
    shop.fill(5000)
    said, _ = shop.run("dbbackup", "--clean")
    assert said.count("Removed") == 2
    assert caplog.messages == []
    assert len(shop.ids()) == 6


@pytest.mark.exhaustive
def test_force_prunes_and_the_next_one_is_judged_anew(shop: Shop, caplog: Log) -> None:
    shop.fill(0)
    shop.run("dbbackup", "--clean")
    said, warned = shop.run("backupprune", "--force")
    assert said.count("Removed") == 1
    assert warned == ""
    assert shop.run("backupprune") == ("", "")  # nothing to remove: nothing is held
    caplog.clear()
    shop.run("dbbackup", "--clean")
    assert "Pruning is held" in caplog.text
    assert len(shop.ids()) == 7


@pytest.mark.exhaustive
def test_without_clean_it_is_told_too(shop: Shop, caplog: Log) -> None:
    shop.fill(0)
    shop.run("dbbackup")
    assert caplog.messages == [f'Database "default": the backup is complete, but unusual: {EMPTY}. Check the database.']


@pytest.mark.exhaustive
def test_where_no_backup_would_be_removed_nothing_is_held_and_leftovers_go(shop: Shop, caplog: Log) -> None:
    shop.set(**shop.options | {"RETENTION": {"keep_last": 20}})
    leftover = shop.remote / "db/default-2026-01-01-101500-orpha1.sqlite3.zst"
    leftover.write_bytes(b"part")
    os.utime(leftover, (0, 0))
    shop.fill(0)
    said, _ = shop.run("dbbackup", "--clean")
    assert "(orphan)" in said
    assert not leftover.exists()
    assert caplog.messages[-1].endswith("before at least 5,000). Check the database.")


@pytest.mark.exhaustive
def test_another_database_is_not_held(shop: Shop, databases: Callable[[dict[str, Any]], None]) -> None:
    paths = {alias: str(shop.folder / f"{name}.sqlite3") for alias, name in (("default", "app"), ("other", "other"))}
    databases({alias: {"ENGINE": "django.db.backends.sqlite3", "NAME": path} for alias, path in paths.items()})
    Path(paths["other"]).write_bytes(Path(paths["default"]).read_bytes())
    shop.run("dbbackup", "-d", "other")
    copy_back(shop.remote, 6, alias="other")
    shop.fill(0)
    shop.run("dbbackup")
    assert len(shop.ids()) == 7 + 7
    assert shop.fails("backupprune", "-d", "default", "-d", "other") == (3, "1 of 2 databases failed.")
    assert len(shop.ids()) == 7 + 6


def test_a_comparison_that_fails_is_a_warning(shop: Shop, caplog: Log) -> None:
    rclone = shop.folder / "rclone.sh"
    fails = 'case "$*" in "lsjson --stat "*) ;; "lsjson "*/manifests*) exit 1 ;; esac'
    rclone.write_text(f'#!/bin/sh\n{fails}\nexec {STORAGE} "$@"\n')
    rclone.chmod(0o755)
    shop.set(**shop.options | {"RCLONE_BINARY": str(rclone)})
    said, _ = shop.run("dbbackup")
    assert "backed up to" in said
    (message,) = caplog.messages
    assert message.startswith('Database "default": the backup could not be compared with earlier ones: ')
