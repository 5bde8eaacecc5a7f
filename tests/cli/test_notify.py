"""People are told of runs, and nothing that goes wrong with that harms one."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest

from django_rclone_sidecar.notifications import message
from django_rclone_sidecar.notifications.message import MessageContext
from django_rclone_sidecar.report import Outcome, Report, Result
from tests.cli.history import breaks, tally
from tests.cli.program import Program
from tests.cli.silent import silent
from tests.support.servers import Webhook

NOW = datetime(2026, 11, 25, 3, 15, tzinfo=UTC)


@pytest.fixture
def told(program: Program, webhook: Webhook) -> Program:
    """The program, which tells the webhook of its runs."""
    program.env["BACKUP_NOTIFY_URLS"] = f"{webhook.url.replace('http', 'json')}/canary-token"
    return program


def titles(webhook: Webhook) -> list[str]:
    return [request.json()["title"] for request in webhook.rest()]


def test_a_failure_is_told_always_and_the_recovery_once(told: Program, webhook: Webhook):
    told.ok("backup")
    assert titles(webhook) == []
    with breaks(told.path("app")):
        assert told.run("backup").code == 1
        assert told.run("backup").code == 1
    assert titles(webhook) == ['Backup failed for database "default"'] * 2
    told.ok("backup")
    told.ok("backup")
    assert titles(webhook) == ['Backup works again for database "default"']


def test_success_is_told_to_those_who_want_it(told: Program, webhook: Webhook):
    told.env["BACKUP_NOTIFY_ON"] = "all"
    told.fill_media()
    told.ok("backup")
    sent = webhook.next().json()
    assert sent["title"] == 'Backup done for database "default" and media files'
    assert sent["type"] == "success"
    (stored,) = [path for path in told.stored() if path.startswith("db/")]
    assert stored in sent["message"]
    assert webhook.rest() == []


def test_one_message_tells_of_the_whole_run(told: Program, webhook: Webhook):
    told.env["BACKUP_PROJECT"] = "shop"
    told.add("other")
    told.ok("backup")
    with breaks(told.path("other")):
        assert told.run("backup").code == 3
    sent = webhook.next().json()
    assert sent["title"] == '[shop] Backup failed for database "other" (1 of 2)'
    assert sent["type"] == "failure"
    text = sent["message"]
    for part in (f"Host: {socket.gethostname()}", "Project: shop", "exit code 3", "is damaged", "django-rclone doctor"):
        assert part in text
    assert f'Last good backup of database "other": {datetime.now(UTC):%Y-%m-}' in text
    assert "- Then run again: `django-rclone backup`" in text
    assert webhook.rest() == []


def test_a_run_that_fails_before_it_begins_is_told_and_so_is_the_recovery(told: Program, webhook: Webhook):
    assert told.run("backup", BACKUP_DATABASES="nosuch").code == 2
    sent = webhook.next().json()
    assert sent["title"] == "Backup failed"
    assert 'BACKUP_DATABASES names the database "nosuch"' in sent["message"]
    told.ok("backup")
    assert titles(webhook) == ['Backup works again for database "default"']


def test_restores_are_told_too(told: Program, webhook: Webhook):
    assert told.run("restore", "--latest").code == 6
    sent = webhook.next().json()
    assert sent["title"] == 'Restore failed for database "default"'
    assert "django-rclone restore --latest" in sent["message"]
    told.env["BACKUP_MEDIA_ROOT"] = str(told.media)
    assert told.run("media-restore").code != 0
    assert titles(webhook)[0].startswith("Restore of media files failed")


def test_without_a_usable_history_failures_are_told_all_the_same(told: Program, webhook: Webhook):
    told.ok("backup")
    history = told.folder / "state/history.sqlite3"
    history.unlink()
    history.mkdir()
    with breaks(told.path("app")):
        assert told.run("backup").code == 1
    assert titles(webhook) == ['Backup failed for database "default"']
    told.ok("backup")
    assert titles(webhook) == []


def test_a_killed_run_is_told_by_whoever_finds_it(told: Program, webhook: Webhook):
    told.ok("backup")
    told.execute("UPDATE run SET finished_at = NULL", "state/history")
    told.execute("UPDATE part SET finished_at = NULL, outcome = 'running'", "state/history")
    told.ok("refresh", "--quiet")
    sent = webhook.next().json()
    assert sent["title"] == 'Backup was killed for database "default"'
    assert "out of memory" in sent["message"]
    told.ok("refresh", "--quiet")
    assert webhook.rest() == []


def test_a_service_that_is_not_there_or_says_no_harms_no_backup(told: Program, webhook: Webhook):
    told.env["BACKUP_NOTIFY_URLS"] += " json://127.0.0.1:1/canary-two nonsense-canary slack://canary-three"
    told.env |= {"BACKUP_NOTIFY_ON": "all", "BACKUP_LOG_LEVEL": "debug"}
    webhook.status = 500
    done = told.run("backup")
    assert done.code == 0
    assert "canary" not in done.err
    warnings = [line for line in done.err.splitlines() if "could not be delivered" in line]
    port = webhook.url.rpartition(":")[2]
    assert [line.partition("entry ")[2].partition(": ")[0] for line in warnings] == [
        f"1 of BACKUP_NOTIFY_URLS (json at 127.0.0.1:{port})",
        "2 of BACKUP_NOTIFY_URLS (json at 127.0.0.1:1)",
        "3 of BACKUP_NOTIFY_URLS",
        "4 of BACKUP_NOTIFY_URLS (slack)",
    ]
    assert "error=500" in warnings[0]
    assert tally(told, "notify_failures") == 4


@pytest.mark.exhaustive
def test_a_service_that_hangs_holds_nothing_up(told: Program):
    with silent() as port:
        told.env |= {"BACKUP_NOTIFY_URLS": f"json://127.0.0.1:{port}/?rto=3600", "BACKUP_NOTIFY_ON": "all"}
        done = told.run("backup")  # which gives up after two minutes, long before the service would
    assert done.code == 0
    assert "no answer within 15 seconds" in done.err
    assert tally(told, "notify_failures") == 1


def test_no_secret_is_sent(told: Program, webhook: Webhook):
    told.env |= {"BACKUP_ENCRYPTION_PASSWORD": "canary", "RCLONE_CONFIG_NOWHERE_PASS": "canary-pass"}
    told.env["DATABASE_URL_OTHER"] = "postgres://app:canary-db@127.0.0.1:1/app"
    assert told.run("backup", BACKUP_REMOTE="nosuch:canary-pass").code != 0
    for request in [webhook.next(), *webhook.rest()]:
        assert b"canary" not in request.body
        assert "canary" not in str(request.headers)


@pytest.mark.exhaustive
def test_the_doctor_says_whether_somebody_would_be_told(told: Program, webhook: Webhook):
    assert "is valid" in told.ok("doctor")
    assert webhook.rest() == []
    assert "accepted a test message" in told.ok("doctor", "--notify")
    assert titles(webhook) == ["Test message"]
    webhook.status = 500
    failed = told.run("doctor", "--notify")
    assert failed.code == 1
    assert "error=500" in failed.out
    mistyped = told.run("doctor", BACKUP_NOTIFY_URLS="slak://canary")
    assert mistyped.code == 1
    assert "fail  notifications: entry 1 of BACKUP_NOTIFY_URLS (slak): Apprise does not" in mistyped.out
    assert "canary" not in mistyped.out + mistyped.err
    assert told.run("doctor", "--notify", BACKUP_NOTIFY_URLS="").code == 1


def failed(error: str, code: int = 1, command: str = "backup") -> Report:
    result = Result("default", "sqlite", NOW, Outcome.FAILURE, NOW, error)
    return Report("abc123", command, NOW, [result], NOW, code, error)


def test_hostile_names_and_errors_make_one_line_each():
    error = "bad\r\nBcc: everybody@example.com\x00\x1b[31m\ud800" + "x" * 5000
    told = message.failure(failed(error), MessageContext("ho\nst", "pro\r\nject" * 100))
    assert told.title.isprintable()
    assert len(told.title) <= 120
    assert all(line.isprintable() for line in told.body.split("\n"))
    assert len(told.body) < 2500 + 1000
    assert '- Database "default": bad Bcc: everybody@example.com' in told.body


@pytest.mark.parametrize(
    ("code", "words"),
    [(143, "was interrupted"), (130, "was interrupted"), (137, "was killed"), (75, "failed"), (1, "failed")],
)
def test_the_title_says_how_it_ended(code: int, words: str):
    assert message.failure(failed("x", code), MessageContext("host")).title == f'Backup {words} for database "default"'


def test_what_works_again_beside_a_failure_is_told_too():
    report = failed("x", 3)
    report.results.append(Result("other", "sqlite", NOW, Outcome.SUCCESS, NOW + timedelta(seconds=5)))
    assert (
        '- Works again: database "other"'
        in message.failure(report, MessageContext("host", recovered=frozenset({"other"}))).body
    )
