"""The metrics: to the letter of the table, there from the start, and true after a restart."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from django_rclone_sidecar.monitoring import exposition, metrics
from django_rclone_sidecar.monitoring.metrics import METRICS, Sample
from django_rclone_sidecar.monitoring.state import DatabaseState, MediaState, NewestBackup, OverallState
from tests.cli.program import Program
from tests.cli.website import serving
from tests.support.servers import promtool

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FULL = OverallState(
    NOW,
    databases=(
        DatabaseState(
            'odd "name"\\\n',
            "postgresql",
            "",
            newest=NewestBackup(NOW - timedelta(hours=2), NOW - timedelta(hours=1), 10, 100),
            runs={"success": 3, "failure": 1},
            restore_seconds=1.5,
        ),
        DatabaseState("never", "sqlite", ""),
    ),
    media=MediaState(),
    remote_up=True,
    rclone="1.75.2",
)


def test_every_metric_has_the_name_that_people_rely_on():
    assert list(METRICS) == [
        *("build_info", "backup_runs_total", "backup_last_attempt_timestamp_seconds"),
        *("backup_last_success_timestamp_seconds", "backup_last_duration_seconds", "backup_last_size_bytes"),
        *("backup_last_raw_size_bytes", "backups_stored", "backups_stored_bytes", "backup_overdue", "backup_running"),
        *("backup_size_anomaly", "verify_failed"),
        *("next_run_timestamp_seconds", "restore_runs_total", "restore_last_duration_seconds"),
        *("verify_runs_total", "verify_last_success_timestamp_seconds", "drill_last_duration_seconds"),
        *("media_last_success_timestamp_seconds", "notify_failures_total", "remote_up"),
    ]


def test_both_formats_tell_the_same():
    told = metrics.samples(FULL)
    plain, plain_type = exposition.text(told)
    open_, open_type = exposition.text(
        told, "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    )
    assert plain_type.startswith("text/plain")
    assert open_type.startswith("application/openmetrics-text")
    assert open_.endswith(b"# EOF\n")

    def series(families):
        return {(s.name, *sorted(s.labels.items()), s.value) for family in families for s in family.samples}

    assert series(parse(plain.decode())) == series(parse_openmetrics(open_.decode()))
    assert len(series(parse(plain.decode()))) == len(told)


def test_prometheus_finds_no_fault_with_them():
    body, _ = exposition.text(metrics.samples(FULL))
    done = promtool("check", "metrics", stdin=body.decode())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_series_of_a_known_database_is_there_from_the_start():
    labelled = {name for name, metric in METRICS.items() if metric.labels[:2] == metrics.DATABASE}
    never = {sample.name: sample.value for sample in metrics.samples(FULL) if sample.labels[:1] == ("never",)}
    assert never.keys() == labelled
    assert {name: value for name, value in never.items() if value} == {"backup_overdue": 1}
    outcomes = {s.labels[2] for s in metrics.samples(FULL) if s.name == "backup_runs_total" and s.labels[0] == "never"}
    assert outcomes == {"success", "failure"}


def test_where_nothing_can_be_read_the_versions_are_told_all_the_same():
    assert [sample.name for sample in metrics.samples(None)] == ["build_info"]


def test_samples_that_others_push_are_written_with_the_tables_words():
    registry = exposition.registry([Sample("backup_last_size_bytes", ("default", "sqlite"), 7)])
    (family,) = registry.collect()
    assert (family.name, family.documentation) == (
        "django_rclone_backup_last_size_bytes",
        METRICS["backup_last_size_bytes"].help,
    )
    assert registry.get_sample_value(family.name, {"database": "default", "engine": "sqlite"}) == 7


@pytest.mark.exhaustive
def test_a_runs_figures_come_back_after_a_restart_with_an_empty_state_folder(program: Program):
    program.fill_media()
    program.add("second")
    program.ok("backup")
    program.ok("refresh")
    with serving(program) as website:
        before = website.metrics()
    shutil.rmtree(program.folder / "state")
    with serving(program) as website:
        assert ("backups_stored", ("default", "sqlite")) not in website.metrics()
        program.ok("refresh")
        after = website.metrics()
    assert after.keys() == before.keys()
    assert after["media_last_success_timestamp_seconds", ()] > 0
    for alias in ("default", "second"):
        labels = (alias, "sqlite")
        (stored,) = program.listed("-d", alias)
        assert after["backups_stored", labels] == 1
        assert after["backup_last_size_bytes", labels] == stored["bytes"] == after["backups_stored_bytes", labels]
        assert after["backup_last_success_timestamp_seconds", labels] > 0
        assert after["backup_overdue", labels] == 0
        for name in ("attempt_timestamp_seconds", "success_timestamp_seconds", "duration_seconds", "raw_size_bytes"):
            assert after[f"backup_last_{name}", labels] == before[f"backup_last_{name}", labels]
    assert before["backup_runs_total", ("default", "sqlite", "success")] == 1
    assert after["remote_up", ()] == 1


def test_a_failed_run_is_counted_and_the_good_backup_stays_the_last_success(program: Program):
    program.ok("backup")
    program.ok("refresh")
    with serving(program) as website:
        before = website.metrics()
        program.path("app").rename(program.folder / "away")
        assert program.run("backup").code != 0
        after = website.metrics()
        status = website.get("/status")
    labels = ("default", "sqlite")
    assert after["backup_runs_total", (*labels, "failure")] == 1
    assert after["backup_runs_total", (*labels, "success")] == 1
    success, attempt = "backup_last_success_timestamp_seconds", "backup_last_attempt_timestamp_seconds"
    assert after[success, labels] == before[success, labels]
    assert after[attempt, labels] > before[attempt, labels]
    assert status.status == 503
    assert status.json["databases"][0]["failing"] is True


def test_what_is_told_of_a_backup_does_not_wait_for_the_next_look_at_the_remote(program: Program):
    program.ok("refresh")
    with serving(program) as website:
        labels = ("default", "sqlite")
        assert website.metrics()["backup_overdue", labels] == 1
        program.ok("backup")
        assert website.metrics()["backup_overdue", labels] == 0
        assert website.metrics()["backup_last_size_bytes", labels] > 0


def test_a_backup_that_somebody_removed_is_no_success_any_more(program: Program):
    program.ok("backup")
    shutil.rmtree(program.remote)
    program.ok("refresh")
    with serving(program) as website:
        assert website.metrics()["backup_last_success_timestamp_seconds", ("default", "sqlite")] == 0
        assert website.metrics()["backup_overdue", ("default", "sqlite")] == 1


def test_restores_are_counted_and_timed(program: Program):
    program.ok("backup")
    program.ok("restore", "--latest")
    program.ok("refresh")
    with serving(program) as website:
        found = website.metrics()
    assert found["restore_runs_total", ("default", "sqlite", "success")] == 1
    assert found["restore_last_duration_seconds", ("default", "sqlite")] > 0


QUERIES = """
import os, sys
from datetime import UTC, datetime
os.environ["DJANGO_SETTINGS_MODULE"] = "django_rclone_sidecar.settings.web"
import django
django.setup()
from django.conf import settings
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django_rclone_sidecar.history import location, store
from django_rclone_sidecar.history.models import KnownManifest, TaskRecord, RunRecord, StoredBackups, DatabaseRecord
from django_rclone_sidecar.monitoring import load
name = connections[location.ALIAS].settings_dict["NAME"]
now = datetime.now(UTC)
counts = []
for more in (range(1), range(1, 1000)):
    connections[location.ALIAS].settings_dict["NAME"] = name
    with store.opened():
        for alias in ("default", "second"):
            DatabaseRecord.objects.update_or_create(alias=alias, defaults={"engine": "x", "place": "x", "position": 0})
        for number in more:
            run = RunRecord.objects.create(id=str(number), command="backup", started_at=now, error="")
            for alias in ("default", "second"):
                part = {"database": alias, "engine": "x", "outcome": "success", "started_at": now, "error": ""}
                TaskRecord.objects.create(run=run, **part)
            KnownManifest.objects.create(path=str(number), text="{}")
    with CaptureQueriesContext(connections[location.ALIAS]) as queries:
        state = load.read(settings.ENVIRONMENT, now)
    assert len(state.databases) == 2
    counts.append(len(queries))
print(*counts)
"""


def test_a_scrape_asks_as_little_of_a_thousand_backups_as_of_one(program: Program):
    done = subprocess.run([sys.executable, "-c", QUERIES], env=program.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    one, thousand = done.stdout.split()
    assert one == thousand
    assert int(one) > 0


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_is_in_one_sentence(name: str):
    assert METRICS[name].help.endswith(".")
    assert name.endswith("_total") is (METRICS[name].kind == "counter")


def test_a_scrape_asks_no_remote(program: Program):
    program.ok("backup")
    program.ok("refresh")
    asked = program.folder / "asked"
    spy = program.folder / "bin/rclone"
    spy.parent.mkdir()
    spy.write_text(f"#!/bin/sh\ntouch {asked}\nexit 1\n")
    spy.chmod(0o755)
    path = f"{spy.parent}:{program.env['PATH']}"
    with serving(program, PATH=path) as website:
        for _scrape in range(3):
            assert website.metrics()["backups_stored", ("default", "sqlite")] == 1
        assert not asked.exists()
    assert program.run("list", PATH=path).code != 0
    assert asked.exists()  # whoever asks is seen
