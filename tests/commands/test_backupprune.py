"""`manage.py backupprune`, and `dbbackup --clean` with a policy."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.commands.test_commands import STORAGE, Project, project, quick
from tests.rclone.test_catalog import NOW, Folder

__all__ = ["project", "quick"]

PROJECT = {"RCLONE_BINARY": STORAGE, "PROJECT": "shop"}


def fill(project: Project, *hours: float, alias: str = "default") -> list[str]:
    """Puts a backup for each of these ages on the remote; their ids."""
    name = str(project.folder / ("app.txt" if alias == "default" else f"{alias}.txt"))
    ids = [f"{alias[0]}{number:05}" for number in range(len(hours))]
    for backup_id, age in zip(ids, hours, strict=True):
        Folder(project.remote).backup(backup_id, hours=age, database=alias, project="shop", name=name)
    return ids


def left(project: Project) -> set[str]:
    return {found[1] for path in project.objects() if (found := re.search(r"-(\w{6})\.\w+$", path.name))}


def test_backups_that_no_rule_keeps_are_removed(project: Project) -> None:
    """With a real rclone."""
    project.set(PROJECT="shop", RETENTION={"daily": 3, "monthly": 2})
    ids = fill(project, 0, 1, 24, 48, 72, 24 * 25)
    said, _ = project.run("backupprune")
    assert left(project) == {ids[0], ids[2], ids[3], ids[5]}
    assert len(list((project.remote / "manifests").iterdir())) == 4
    assert [line.partition("-")[0] for line in said.splitlines()] == ["Removed db/default"] * 2
    assert project.run("backupprune") == ("", "")


def test_a_dry_run_prints_a_decision_and_the_reasons_for_each_and_removes_nothing(quick: Project) -> None:
    quick.set(**PROJECT, RETENTION={"keep_last": 1, "daily": 2})
    fill(quick, 0, 1, 24, 72)
    before = quick.state()
    said, warned = quick.run("backupprune", "--dry-run")
    title, header, *rows = said.splitlines()
    assert title == 'Database "default" (last 1, daily 2): 2 kept, 2 would be removed.'
    assert header.split() == ["action", "when", "size", "state", "path", "reasons"]
    assert [(row.split()[0], re.split(r"\.dump +", row)[1]) for row in rows] == [
        ("keep", "the newest good backup, last 1, daily 2026-11-23"),
        ("remove", "kept by no rule"),
        ("keep", "daily 2026-11-22"),
        ("remove", "kept by no rule"),
    ]
    assert warned == ""
    assert quick.state() == before


def test_the_zone_is_that_of_the_project(quick: Project) -> None:
    quick.settings.TIME_ZONE = "Asia/Kathmandu"  # 05:45 ahead of UTC
    quick.set(**PROJECT, RETENTION={"daily": 9})
    fill(quick, 0, 15, 17)  # 10:15, 19:15 and 17:15 in UTC; 16:00, 01:00 and 23:00 in Kathmandu
    said, _ = quick.run("backupprune", "--dry-run")
    assert re.findall(r"daily (\S+)", said)[-2:] == ["2026-11-23", "2026-11-22"]


def test_more_than_half_need_force(quick: Project) -> None:
    quick.set(**PROJECT, RETENTION={"keep_last": 1})
    ids = fill(quick, *range(5))
    before = quick.state()
    _said, warned = quick.run("backupprune", "--dry-run")
    assert warned.strip() == (
        'Database "default": 4 of 5 backups would be removed, more than half at once: this needs --force.'
    )
    assert quick.run("backupprune", "--dry-run", "--force")[1] == ""
    code, message = quick.fails("backupprune")
    assert code == 1
    assert "(last 1) would remove 4 of 5 backups, more than half at once. Nothing was removed." in message
    assert quick.state() == before
    said, _ = quick.run("backupprune", "--force")
    assert len(said.splitlines()) == 4
    assert left(quick) == {ids[0]}


def test_without_a_setting_all_are_kept_and_that_is_said(quick: Project) -> None:
    quick.set(**PROJECT)
    fill(quick, *range(5))
    before = quick.state()
    assert quick.run("backupprune") == ("", "RETENTION is not set: all backups are kept.\n")
    assert quick.state() == before
    said, _ = quick.run("backupprune", "--dry-run")
    assert said.count("no retention is set\n") == 5
    quick.set(**PROJECT, DB_CLEANUP_KEEP=3)
    assert len(quick.run("backupprune")[0].splitlines()) == 2


def test_each_database_is_pruned_although_another_is_refused(quick: Project) -> None:
    quick.set(**PROJECT, RETENTION={"keep_last": 2})
    first, second = fill(quick, *range(5)), fill(quick, *range(3), alias="second")
    code, message = quick.fails("backupprune", "-d", "default", "-d", "second")
    assert (code, message) == (3, "1 of 2 databases failed.")
    assert left(quick) == {*first, *second[:2]}


def test_an_unknown_database_removes_nothing(quick: Project) -> None:
    quick.set(**PROJECT, RETENTION={"keep_last": 2})
    fill(quick, *range(3))
    before = quick.state()
    code, message = quick.fails("backupprune", "-d", "other")
    assert code == 2
    assert '"other"' in message
    assert quick.state() == before


def test_a_policy_that_is_not_valid_removes_nothing(quick: Project) -> None:
    fill(quick, *range(3))
    before = quick.state()
    quick.set(**PROJECT, RETENTION={"dayly": 7})
    code, message = quick.fails("backupprune")
    assert (code, message) == (2, 'DJANGO_RCLONE["RETENTION"] has an unknown key "dayly" (did you mean "daily"?).')
    assert quick.state() == before


# dbbackup --clean


def test_clean_keeps_what_the_policy_keeps(quick: Project) -> None:
    quick.set(**PROJECT, RETENTION={"daily": 2}, DB_CLEANUP_KEEP=1)
    since = (datetime.now(UTC) - NOW) / timedelta(hours=1)
    fill(quick, -since + 72, -since + 96)
    said, _ = quick.run("dbbackup", "--clean")
    assert said.count("Removed") == 1
    assert len(left(quick)) == 2


def test_clean_after_years_of_backups_keeps_the_new_one_and_tells_how_to_go_on(quick: Project) -> None:
    quick.set(**PROJECT, RETENTION={"keep_last": 2})
    old = fill(quick, *range(9))
    code, message = quick.fails("dbbackup", "--clean")
    assert code == 1
    assert message == (
        'Database "default": The backup is complete, but retention (last 2) would remove 8 of 10 backups, more than '
        "half at once. Nothing was removed. Check them with `backupprune -d default --dry-run`, then remove them with "
        "`backupprune -d default --force`."
    )
    assert len(left(quick)) == 10
    assert set(old) < left(quick)
    quick.run("backupprune", "-d", "default", "--force")
    assert len(left(quick)) == 2
    said, _ = quick.run("dbbackup", "--clean")
    assert said.count("Removed") == 1


@pytest.mark.parametrize("option", ["-d", "--database"])
def test_an_empty_alias_is_refused(quick: Project, option: str) -> None:
    code, message = quick.fails("backupprune", option, " ")
    assert code == 2
    assert "is empty" in message
