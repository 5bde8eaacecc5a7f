"""A real Pushgateway is told what each run did."""

from __future__ import annotations

import time

import pytest

from tests.cli.history import breaks, tally
from tests.cli.program import Program
from tests.support.servers import Pushgateway, listen, start_pushgateway

SUCCESS = "django_rclone_backup_last_success_timestamp_seconds"
ATTEMPT = "django_rclone_backup_last_attempt_timestamp_seconds"
GROUP = {"job": "django_rclone", "database": "default", "engine": "sqlite"}


@pytest.fixture
def pushing(program: Program, pushgateway: Pushgateway) -> Program:
    program.env["BACKUP_PUSHGATEWAY_URL"] = pushgateway.url
    return program


def test_a_backup_tells_when_and_how_large(pushing: Program, pushgateway: Pushgateway):
    before = time.time()
    pushing.env["BACKUP_PROJECT"] = "a shop/of mine"
    pushing.fill_media()
    pushing.ok("backup")
    group = GROUP | {"project": "a shop/of mine"}
    (attempt,), (success,) = pushgateway.values(ATTEMPT, **group), pushgateway.values(SUCCESS, **group)
    assert before - 1 <= attempt <= success <= time.time()
    (backup,) = pushing.listed()
    assert pushgateway.values("django_rclone_backup_last_size_bytes", **group) == [backup["bytes"]]
    (raw,) = pushgateway.values("django_rclone_backup_last_raw_size_bytes", **group)
    assert raw == pushing.path("app").stat().st_size
    (seconds,) = pushgateway.values("django_rclone_backup_last_duration_seconds", **group)
    assert 0 <= seconds < success - before + 1
    media = pushgateway.values("django_rclone_media_last_success_timestamp_seconds", project="a shop/of mine")
    assert len(media) == 1
    assert before < media[0] <= time.time()


def test_a_success_outlives_later_failures_and_no_group_is_left_behind(pushing: Program, pushgateway: Pushgateway):
    pushing.ok("backup")
    (success,), (attempt,) = pushgateway.values(SUCCESS), pushgateway.values(ATTEMPT)
    with breaks(pushing.path("app")):
        assert pushing.run("backup").code == 1
    assert pushgateway.values(SUCCESS, **GROUP) == [success]
    (later,) = pushgateway.values(ATTEMPT)
    assert later > attempt
    pushing.ok("backup")
    (newer,) = pushgateway.values(SUCCESS)
    assert newer > success


def test_a_restore_tells_how_long_it_took(pushing: Program, pushgateway: Pushgateway):
    pushing.ok("backup")
    (success,) = pushgateway.values(SUCCESS)
    pushing.ok("restore", "--latest")
    (seconds,) = pushgateway.values("django_rclone_restore_last_duration_seconds", **GROUP)
    assert 0 < seconds < 60
    assert pushgateway.values(SUCCESS) == [success]


@pytest.mark.exhaustive
def test_the_next_run_tells_a_gateway_that_was_away(program: Program):
    with start_pushgateway() as gateway:
        program.env["BACKUP_PUSHGATEWAY_URL"] = gateway.url
        gateway.kill()
        done = program.run("backup")
        assert done.code == 0
        assert f"Metrics could not be delivered to 127.0.0.1:{gateway.port}: Connection refused." in done.err
        assert tally(program, "notify_failures") == 1
        assert program.run("doctor").code == 1
        gateway.restart()
        program.ok("backup")
        assert len(gateway.values(SUCCESS, **GROUP)) == 1
        assert "ok    pushgateway: " in program.ok("doctor")


def test_name_and_password_in_its_url_are_used_and_not_shown(program: Program):
    with listen() as webhook:
        program.env["BACKUP_PUSHGATEWAY_URL"] = f"{webhook.url.replace('//', '//user:canary@')}/behind/a/proxy"
        program.env["BACKUP_LOG_LEVEL"] = "debug"
        assert "canary" not in program.run("backup").err
        pushed = webhook.next()
        assert (pushed.method, pushed.path) == ("POST", "/behind/a/proxy/metrics/job/django_rclone/database/default")
        assert pushed.headers["Authorization"] == "Basic dXNlcjpjYW5hcnk="
        webhook.status = 401
        done = program.run("backup")
        assert done.code == 0
        assert "it answered with status 401" in done.err
        assert "canary" not in done.err
