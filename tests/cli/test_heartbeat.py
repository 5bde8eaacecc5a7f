"""The heartbeat: begun, done, failed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.history import breaks, tally
from tests.cli.program import Program
from tests.cli.silent import silent
from tests.support.servers import Webhook


@pytest.fixture
def beating(program: Program, webhook: Webhook) -> Program:
    program.env["BACKUP_HEARTBEAT_URL"] = f"{webhook.url.replace('//', '//user:p%40ss@')}/ping/canary?create=1"
    return program


def pings(webhook: Webhook) -> list[str]:
    return [f"{request.method} {request.path}" for request in webhook.rest()]


START, DONE = "GET /ping/canary/start?create=1", "GET /ping/canary?create=1"
FAIL = "POST /ping/canary/fail?create=1"


def test_a_backup_begins_and_is_done(beating: Program, webhook: Webhook):
    beating.ok("backup")
    request = webhook.next()
    assert request.path == "/ping/canary/start?create=1"
    assert request.headers["Authorization"] == "Basic dXNlcjpwQHNz"
    assert pings(webhook) == [DONE]
    beating.fill_media()
    beating.ok("media-backup")
    assert pings(webhook) == [START, DONE]


@pytest.mark.exhaustive
def test_other_commands_are_none_of_its_business(beating: Program, webhook: Webhook):
    beating.ok("backup")
    assert pings(webhook) == [START, DONE]
    beating.ok("restore", "--latest")
    beating.ok("list")
    beating.ok("doctor")
    assert pings(webhook) == ["HEAD /"]


def test_a_failure_is_told_with_its_reason(beating: Program, webhook: Webhook):
    with breaks(beating.path("app")):
        assert beating.run("backup").code == 1
    start, fail = webhook.rest()
    assert (start.path, fail.method, fail.path) == (START[4:], "POST", FAIL[5:])
    assert fail.body.startswith(b'Database "default":')


def test_partly_done_is_not_done(beating: Program, webhook: Webhook):
    beating.add("other")
    with breaks(beating.path("other")):
        assert beating.run("backup").code == 3
    assert pings(webhook) == [START, FAIL]


def test_a_run_that_cannot_begin_has_failed(beating: Program, webhook: Webhook):
    assert beating.run("backup", BACKUP_DATABASES="nosuch").code == 2
    assert pings(webhook) == [FAIL]


def test_an_interrupted_run_has_failed(beating: Program, webhook: Webhook):
    with silent() as port:
        # A database that never answers: the run can only be interrupted.
        beating.env["DATABASE_URL"] = f"postgres://app@127.0.0.1:{port}/app"
        run = beating.start("backup")
        assert webhook.next().path == START[4:]
        run.process.terminate()
        done = run.end()
    assert done.code == 143, done.err
    assert pings(webhook) == [FAIL]


@pytest.mark.exhaustive
def test_a_service_that_says_no_or_hangs_harms_no_backup(beating: Program, webhook: Webhook):
    webhook.status = 404
    done = beating.run("backup", BACKUP_LOG_LEVEL="debug")
    assert done.code == 0
    assert done.err.count("The heartbeat could not be delivered to 127.0.0.1") == 2
    assert "status 404" in done.err
    assert "canary" not in done.err
    assert "p%40ss" not in done.err
    with silent() as port:
        done = beating.run("backup", BACKUP_HEARTBEAT_URL=f"http://127.0.0.1:{port}/canary")
    assert done.code == 0
    assert done.err.count("no answer within 5 seconds") == 2
    assert tally(beating, "notify_failures") == 4


def test_the_doctor_finds_one_that_is_not_there(program: Program):
    done = program.run("doctor", BACKUP_HEARTBEAT_URL="http://127.0.0.1:1/canary")
    assert done.code == 1
    assert "fail  heartbeat: 127.0.0.1:1: Connection refused. Check BACKUP_HEARTBEAT_URL" in done.out
    assert "canary" not in done.out + done.err


@pytest.mark.exhaustive
def test_a_push_url_of_uptime_kuma_is_told_in_its_own_way(program: Program, webhook: Webhook):
    program.env["BACKUP_HEARTBEAT_URL"] = f"{webhook.url}/api/push/Zz9canary0?status=up&msg=OK&ping="
    program.ok("backup")
    assert pings(webhook) == ["GET /api/push/Zz9canary0?status=up&msg=OK&ping="]
    with breaks(program.path("app")):
        assert program.run("backup").code == 1
    (down,) = webhook.rest()
    query = parse_qs(urlsplit(down.path).query)
    assert query["status"] == ["down"]
    assert query["msg"][0].startswith('Database "default":')
    assert len(query["msg"][0]) <= 250
