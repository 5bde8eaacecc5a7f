"""Retention by the sidecar: `backup` and `prune` with BACKUP_KEEP_…."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.rclone.test_catalog import Folder


@pytest.fixture
def kept(program: Program) -> Program:
    """The program, with a project's name and seven backups: two a day, and one of the month before."""
    program.env["BACKUP_PROJECT"] = "shop"
    for number, hours in enumerate((0, 1, 24, 25, 48, 49, 24 * 25)):
        Folder(program.remote).backup(
            f"aaaaa{number}", hours=hours, project="shop", name=str(program.path("app")), engine="sqlite"
        )
    return program


def ids(program: Program) -> str:
    return "".join(sorted(row["id"][-1] for row in program.listed()))


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        ({"LAST": "4"}, "0123"),
        ({"HOURLY": "5"}, "01234"),
        ({"DAILY": "4"}, "0246"),
        ({"DAILY": "2", "MONTHLY": "2", "LAST": "2"}, "0126"),
        ({"WITHIN": "25h"}, "0123"),
        ({"YEARLY": "1", "WEEKLY": "2", "WITHIN": "2d"}, "01234"),
    ],
)
def test_each_rule_keeps_its_backups(kept: Program, keep: dict[str, str], left: str):
    removed = json.loads(kept.ok("prune", "--json", **{f"BACKUP_KEEP_{rule}": value for rule, value in keep.items()}))
    assert ids(kept) == left
    assert {row["id"][-1] for row in removed} == set("0123456") - set(left)
    assert {tuple(row["reasons"]) for row in removed} == {("kept by no rule",)}


def test_a_dry_run_prints_a_decision_and_the_reasons_for_each(kept: Program):
    done = kept.run("prune", "--dry-run", BACKUP_KEEP_DAILY="3", BACKUP_KEEP_MONTHLY="2")
    assert done.code == 0, done.err
    title, _header, *rows = done.out.splitlines()
    assert title == 'Database "default" (daily 3, monthly 2): 4 kept, 3 would be removed.'
    assert [(row.split()[0], row.rpartition(".dump ")[2].strip()) for row in rows] == [
        ("keep", "the newest good backup, daily 2026-11-23, monthly 2026-11"),
        ("remove", "kept by no rule"),
        ("keep", "daily 2026-11-22"),
        ("remove", "kept by no rule"),
        ("keep", "daily 2026-11-21"),
        ("remove", "kept by no rule"),
        ("keep", "monthly 2026-10"),
    ]
    assert ids(kept) == "0123456"


def test_a_dry_run_as_json_is_what_would_be_removed_and_the_log_tells_the_rest(kept: Program):
    done = kept.run("prune", "--dry-run", "--json", BACKUP_KEEP_DAILY="4")
    assert {row["id"][-1] for row in json.loads(done.out)} == set("135")
    assert len(re.findall(r"would keep db/.*: .*daily 2026", done.err)) == 4
    assert len(re.findall(r"would remove db/.*\(good\): kept by no rule\.", done.err)) == 3


def test_more_than_half_need_force(kept: Program):
    refused = kept.run("prune", BACKUP_KEEP_LAST="3")
    assert refused.code == 1
    assert refused.error == (
        'Database "default": Retention (last 3) would remove 4 of 7 backups, more than half at once. Nothing was '
        "removed. Check them with `prune -d default --dry-run`, then remove them with `prune -d default --force`."
    )
    assert ids(kept) == "0123456"
    planned = kept.run("prune", "--dry-run", BACKUP_KEEP_LAST="3")
    assert planned.code == 0
    assert "4 of 7 backups would be removed, more than half at once: this needs --force." in planned.err
    kept.ok("prune", "--force", BACKUP_KEEP_LAST="3")
    assert ids(kept) == "012"


@pytest.mark.exhaustive
def test_a_backup_whose_pruning_is_refused_is_kept_and_tells_how_to_go_on(kept: Program):
    done = kept.run("backup", BACKUP_KEEP_LAST="2")
    assert done.code == 1
    assert "The backup is complete, but retention (last 2) would remove 6 of 8 backups" in done.error
    assert "`prune -d default --force`" in done.error
    assert len(kept.listed()) == 8
    kept.ok("prune", "--force", BACKUP_KEEP_LAST="2")
    kept.ok("backup", BACKUP_KEEP_LAST="2")
    assert len(kept.listed()) == 2


def target(program: Program, **options: object) -> None:
    """Gives the program a target whose settings have these options."""
    settings = {
        "schema": 1,
        "databases": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(program.path("app"))}},
        "media_root": "",
        "storages": {},
        "time_zone": "UTC",
        "django_rclone": options,
    }
    file = Path(program.folder) / "target.json"
    file.write_text(json.dumps(settings))
    program.env["TARGET_JSON_FILE"] = str(file)
    del program.env["DATABASE_URL"]


def test_without_variables_the_projects_policy_applies(kept: Program):
    target(kept, RETENTION={"daily": 4, "within": "30m"}, DB_CLEANUP_KEEP=1)
    kept.ok("prune")
    assert ids(kept) == "0246"


def test_a_variable_replaces_the_whole_policy_of_the_project(kept: Program):
    target(kept, RETENTION={"keep_last": 1, "daily": 4})
    kept.ok("prune", BACKUP_KEEP_HOURLY="4")
    assert ids(kept) == "0123"


@pytest.mark.exhaustive
def test_without_a_policy_the_projects_number_to_keep_applies_to_prune_alone(kept: Program):
    target(kept, DB_CLEANUP_KEEP=7)
    kept.ok("backup")
    assert len(kept.listed()) == 8
    kept.ok("prune")
    assert len(kept.listed()) == 7


def test_the_calendar_is_that_of_the_variable(kept: Program):
    done = kept.ok("prune", "--dry-run", BACKUP_KEEP_HOURLY="1", BACKUP_TIME_ZONE="Asia/Kathmandu")
    assert "hourly 2026-11-23 16:00+05:45" in done


def test_a_policy_of_the_project_that_is_not_valid_is_refused(kept: Program):
    target(kept, RETENTION={"daily": 0})
    done = kept.run("prune")
    assert done.code == 2
    assert 'DJANGO_RCLONE["RETENTION"] has "daily": 0: it must be a whole number, 1 or more.' in done.error
    assert ids(kept) == "0123456"
