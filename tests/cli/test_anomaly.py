"""An unusual backup is told by the log, a message, the metrics, the page, and held pruning."""

from __future__ import annotations

import json

import pytest

from tests.cli.history import breaks
from tests.cli.program import Program
from tests.cli.website import serving
from tests.support.history import copy_back
from tests.support.servers import Pushgateway, Webhook

LABELS = ("default", "sqlite")
EMPTY = (
    "it has 1 rows (median of the 6 backups before it: 5,000); "
    "tables that had rows are empty or nearly empty: note (1 rows, before at least 5,000)"
)
FORCE = "`prune -d default --force`"


def fill(program: Program) -> None:
    """Adds to the one note of the program's database until there are 5,000."""
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 4999)"
    program.execute(f"{numbers} INSERT INTO note SELECT n FROM numbers")


@pytest.fixture
def emptied(program: Program) -> Program:
    """The program, with six backups of a database that was emptied after them."""
    program.env |= {"BACKUP_PROJECT": "shop", "BACKUP_KEEP_LAST": "6"}
    fill(program)
    program.ok("backup")
    copy_back(program.remote, 5)
    program.write("the only one")
    return program


@pytest.mark.exhaustive
def test_it_warns_and_holds_pruning_until_a_normal_one_or_force(emptied: Program):
    done = emptied.run("backup")
    assert done.code == 0
    assert f'WARNING Database "default": the backup is complete, but unusual: {EMPTY}. Pruning is held' in done.err
    assert FORCE in done.err
    assert len(emptied.listed()) == 7
    refused = emptied.run("prune")
    assert refused.code == 1
    assert refused.error.startswith(f'Database "default": pruning is held, the newest backup is unusual: {EMPTY}. ')
    assert refused.error.endswith(FORCE + ".")
    planned = emptied.run("prune", "--dry-run")
    assert planned.code == 0
    assert f"{EMPTY}. This needs --force." in planned.err
    assert json.loads(emptied.ok("prune", "--json", "--force"))[0]["reasons"] == ["kept by no rule"]
    assert len(emptied.listed()) == 6


@pytest.mark.exhaustive
def test_without_retention_it_warns_too(emptied: Program):
    del emptied.env["BACKUP_KEEP_LAST"]
    done = emptied.run("backup")
    assert done.code == 0
    assert f"the backup is complete, but unusual: {EMPTY}. Check the database." in done.err


def test_people_are_told(emptied: Program, webhook: Webhook):
    emptied.env["BACKUP_NOTIFY_URLS"] = webhook.url.replace("http", "json")
    emptied.add("other")
    emptied.ok("backup")
    sent = webhook.next().json()
    assert sent["title"] == '[shop] Backup is unusual for database "default"'
    assert sent["type"] == "warning"
    assert f'- Database "default": the backup is unusual: {EMPTY}' in sent["message"]
    assert "`django-rclone prune -d default --force`" in sent["message"]
    with breaks(emptied.path("other")):
        assert emptied.run("backup").code == 3
    sent = webhook.next().json()
    assert sent["title"] == '[shop] Backup failed for database "other" (1 of 2)'
    assert '- Database "default": the backup is unusual: it has 1 rows' in sent["message"]
    emptied.ok("backup")
    assert '- Works again: database "other"' in webhook.next().json()["message"]
    assert webhook.rest() == []


@pytest.mark.exhaustive
def test_metric_status_and_page_show_it_until_a_normal_one(emptied: Program):
    emptied.ok("refresh")
    with serving(emptied) as website:
        assert website.metrics()["backup_size_anomaly", LABELS] == 0
        assert website.get("/status").json["databases"][0]["anomaly"] is None
        emptied.ok("backup")
        emptied.ok("refresh")
        assert website.metrics()["backup_size_anomaly", LABELS] == 1
        status = website.get("/status")
        assert status.status == 503
        assert status.json["problems"] == [f'Database "default": the newest backup is unusual: {EMPTY}.']
        assert status.json["databases"][0]["anomaly"] == EMPTY
        page = website.get("/").text
        assert '<span class="bad">unusual</span>' in page
        assert page.count(EMPTY) == 2
        fill(emptied)
        emptied.ok("backup")
        emptied.ok("refresh")
        assert website.metrics()["backup_size_anomaly", LABELS] == 0
        assert website.get("/status").json["problems"] == []


@pytest.mark.exhaustive
def test_the_pushgateway_has_it(emptied: Program, pushgateway: Pushgateway):
    emptied.env["BACKUP_PUSHGATEWAY_URL"] = pushgateway.url
    emptied.ok("backup", DATABASE_URL=emptied.url("another"))
    assert pushgateway.values("django_rclone_backup_size_anomaly") == [0]
    emptied.ok("backup")
    assert pushgateway.values("django_rclone_backup_size_anomaly") == [1]
