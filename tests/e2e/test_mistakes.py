"""Mistakes on a bad day: each has one message that says what to do, and a separate exit code."""

from __future__ import annotations

import re

import pytest

from tests.e2e.container import Sidecar, url
from tests.support.servers import PostgresServer
from tests.support.servers.ports import LOOPBACK, free_port


def test_whoever_asks_is_told_which_verbs_there_are(image: str) -> None:
    said = Sidecar(image).ok("--help").out
    assert "usage: django-rclone COMMAND" in said
    assert "restore" in said


def test_a_mistyped_verb_is_answered_with_the_one_that_is_meant(image: str) -> None:
    done = Sidecar(image).run("bakcup")
    assert done.code == 2
    assert "Did you mean backup?" in done.err


def test_without_a_target_it_says_how_to_name_one(image: str) -> None:
    done = Sidecar(image).run("backup")
    assert done.code == 2
    assert "DATABASE_URL" in done.error


def test_a_wrong_password_is_named_and_not_shown(image: str, postgres17: PostgresServer) -> None:
    address = f"postgres://{postgres17.user}:wr0ng-canary@{LOOPBACK}:{postgres17.port}/postgres"
    done = Sidecar(image, {"DATABASE_URL": address, "BACKUP_REMOTE": "/state/backups"}).run("backup")
    assert done.code in (1, 2)
    assert 'Database "default"' in done.error
    assert "password" in done.error
    assert "wr0ng-canary" not in done.err


@pytest.mark.exhaustive
def test_the_doctor_tells_a_wrong_password_from_a_right_one(
    image: str, volume: str, postgres17: PostgresServer
) -> None:
    with postgres17.database() as name:
        settings = postgres17.settings(name)
        good = Sidecar(image, {"DATABASE_URL": url(settings)}, (f"{volume}:/backups",))
        said = good.ok("doctor").out
        assert 'ok    database "default" reachable: postgresql 17' in said
        assert "fail  " not in said
        done = good.run("doctor", DATABASE_URL=url({**settings, "PASSWORD": "wr0ng-canary"}))
    assert done.code == 1
    (failed,) = [line for line in done.out.splitlines() if line.startswith("fail  ")]
    assert 'database "default" reachable' in failed
    assert "password authentication failed" in failed
    assert "Check the database's settings." in failed
    assert "wr0ng-canary" not in done.out + done.err


@pytest.mark.exhaustive
def test_a_database_that_does_not_answer_is_worth_another_try(image: str) -> None:
    address = f"postgres://app:secret@{LOOPBACK}:{free_port()}/app"
    done = Sidecar(image, {"DATABASE_URL": address}).run("backup")
    assert done.code == 75
    assert 'Database "default"' in done.error


@pytest.mark.exhaustive
def test_storage_that_does_not_answer_is_worth_another_try(sqlite: Sidecar) -> None:
    nowhere = {
        "RCLONE_CONFIG_NOWHERE_TYPE": "s3",
        "RCLONE_CONFIG_NOWHERE_PROVIDER": "Other",
        "RCLONE_CONFIG_NOWHERE_ENDPOINT": f"http://{LOOPBACK}:{free_port()}",
        "RCLONE_CONFIG_NOWHERE_ACCESS_KEY_ID": "key",
        "RCLONE_CONFIG_NOWHERE_SECRET_ACCESS_KEY": "secret",
    }
    done = sqlite.run("backup", BACKUP_REMOTE="nowhere:bucket", **nowhere)
    assert done.code == 75
    assert "nowhere:" in done.error


@pytest.mark.exhaustive
def test_an_empty_remote_has_nothing_to_restore(sqlite: Sidecar) -> None:
    assert sqlite.listed() == []
    done = sqlite.run("restore", "--latest")
    assert done.code == 6
    assert "no good backup" in done.error.lower()


@pytest.mark.exhaustive
def test_an_unknown_id_has_nothing_to_restore(sqlite: Sidecar) -> None:
    sqlite.ok("backup")
    done = sqlite.run("restore", "--id", "zzzzzz")
    assert done.code == 6
    assert "zzzzzz" in done.error


@pytest.mark.exhaustive
def test_a_restore_without_a_word_which_is_a_usage_error(sqlite: Sidecar) -> None:
    done = sqlite.run("restore")
    assert done.code == 2
    assert "--latest" in done.err


def test_a_mistyped_variable_is_a_warning_that_names_the_right_one(sqlite: Sidecar) -> None:
    done = sqlite.ok("list", BACKUP_KEEP_LATS="3")
    assert re.search(r"WARNING .*BACKUP_KEEP_LATS.*Did you mean BACKUP_KEEP_LAST\?", done.err)


def test_a_secret_file_that_is_not_there_is_named(sqlite: Sidecar) -> None:
    done = sqlite.run("backup", BACKUP_ENCRYPTION_PASSWORD_FILE="/run/secrets/backup_password")
    assert done.code == 2
    assert "BACKUP_ENCRYPTION_PASSWORD_FILE names /run/secrets/backup_password" in done.error


@pytest.mark.exhaustive
@pytest.mark.parametrize("storage", ["nowhere:bucket", "/nonexistent/backups"])
def test_a_remote_that_cannot_be_is_not_taken_for_an_empty_one(sqlite: Sidecar, storage: str) -> None:
    done = sqlite.run("backup", BACKUP_REMOTE=storage)
    assert done.code in (1, 2, 75)
    assert storage.partition(":")[0] in done.error
