"""System checks: one id for each misconfiguration, and none for good settings."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

from django_rclone.checks import TAG, check_connectors, check_rclone, check_settings

type Databases = Callable[[dict[str, Any]], None]

SQLITE = "django.db.backends.sqlite3"


@pytest.fixture(autouse=True)
def _good(settings: Settings, databases: Databases, tmp_path: Path) -> None:
    databases({"default": {"ENGINE": SQLITE, "NAME": tmp_path / "new.sqlite3"}})
    settings.DJANGO_RCLONE = {"REMOTE": str(tmp_path)}


def ids(messages: list[CheckMessage]) -> list[str]:
    return [str(message.id).removeprefix("django_rclone.") for message in messages]


def test_good_settings_have_no_messages() -> None:
    assert check_settings() == check_connectors() == check_rclone() == []


def test_django_runs_the_checks(settings: Settings) -> None:
    settings.DJANGO_RCLONE = {}
    assert ids(run_checks(tags=[TAG])) == ["E001"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, ["E001"]),
        ({"REMOTE": ""}, ["E001"]),
        ({"REMOTE": None}, ["E001"]),
        ({"REMOTE": "x:", "DB_BACKUP_DIRS": "db"}, ["E002"]),
        ({"REMOTE": "x:", "COLOUR": "red"}, ["E002"]),
        ([], ["E003"]),
        ({"REMOTE": Path("/backups")}, ["E003"]),
        ({"REMOTE": "x:", "DB_CLEANUP_KEEP": 0}, ["E003"]),
        ({"REMOTE": "x:", "TIMEOUT": -1, "COMPRESSION": "lz4"}, ["E003", "E003"]),
        ({"REMOTE": "x:", "CONNECTORS": {"other": "x.Y"}}, ["E003"]),
        ({"REMOTE": "x:", "DATABASE_OPTIONS": {"other": {}}}, ["E003"]),
        ({"REMOTE": ":sftp,host=h,pass=abc:x"}, ["E004"]),
        ({"DB_CLEANUP_KEEP": 0, "KEEP": 5}, ["E001", "E002", "E003"]),
    ],
)
def test_settings_that_do_not_fit_are_told(settings: Settings, value: Any, expected: list[str]) -> None:
    settings.DJANGO_RCLONE = value
    messages = check_settings()
    assert ids(messages) == expected
    assert all(message.hint for message in messages)
    # One fault, one message: the other checks leave it to this one.
    assert set(ids(check_connectors()) + ids(check_rclone())) <= {"E005"}


def test_a_typing_error_is_answered_with_what_was_meant(settings: Settings) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "DB_BACKUP_DIRS": "db"}
    (message,) = check_settings()
    assert message.msg == 'DJANGO_RCLONE has an unknown key "DB_BACKUP_DIRS".'
    assert message.hint == 'Did you mean "DB_BACKUP_DIR"?'


def test_the_password_itself_is_not_repeated(settings: Settings) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": ":sftp,host=h,pass=hunter2:x"}
    assert "hunter2" not in "".join(map(str, check_settings()))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("no.such.Module", "E005"),
        ("django_rclone.db.sqlite.NoSuchConnector", "E005"),
        ("nodots", "E005"),
        ("django_rclone.db.base.BaseConnector", "E006"),
        ("tests.unit.published_connectors.RedisConnector", "E006"),
        ("tests.unit.published_connectors.NoOwner", "E006"),
        ("tests.unit.published_connectors.ThroughATunnel", "E006"),
        ("tests.unit.published_connectors.__name__", "E006"),
    ],
)
def test_a_connector_that_cannot_be_used_is_told(settings: Settings, path: str, expected: str) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "CONNECTORS": {"default": path}}
    (message,) = check_connectors()
    assert ids([message]) == [expected]
    assert path in message.msg


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("RedisConnector", "it lacks check, engine, facts, probe, restore_by_hand, and it has extension"),
        ("NoOwner", "dump must take the arguments of BaseConnector's"),
        ("ThroughATunnel", "it has _common_args, which nothing calls any more"),
    ],
)
def test_a_connector_of_0_4_is_told_what_has_changed(settings: Settings, name: str, why: str) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "CONNECTORS": {"default": f"tests.unit.published_connectors.{name}"}}
    (message,) = check_connectors()
    assert why in message.msg
    assert '"Writing a connector" in the documentation: https://' in message.hint


def test_an_engine_without_a_connector_is_a_warning(databases: Databases) -> None:
    databases({"other": {"ENGINE": "django.db.backends.oracle", "NAME": "x"}})
    (message,) = check_connectors()
    assert ids([message]) == ["W001"]
    assert "django.db.backends.oracle" in message.msg


@pytest.mark.parametrize("database", [{}, {"ENGINE": "django.db.backends.dummy"}])
def test_no_database_is_no_fault(databases: Databases, database: dict[str, str]) -> None:
    databases({"default": database})
    assert check_connectors() == []


def test_what_a_connector_finds_wrong_is_told(databases: Databases) -> None:
    databases({"default": {"ENGINE": SQLITE, "NAME": ":memory:"}})
    (message,) = check_connectors()
    assert ids([message]) == ["W003"]
    assert message.msg.startswith('Database "default": ')


def test_an_option_that_no_connector_knows_is_told(databases: Databases, settings: Settings, tmp_path: Path) -> None:
    databases({"default": {"ENGINE": SQLITE, "NAME": str(tmp_path / "none")}})
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "DATABASE_OPTIONS": {"default": {"FORMATS": "sql"}}}
    (message,) = check_connectors()
    assert ids([message]) == ["E007"]
    assert "Did you mean FORMAT?" in message.msg


def test_a_database_in_rollback_journal_mode_is_a_warning(databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "app.sqlite3"
    databases({"default": {"ENGINE": SQLITE, "NAME": file}})
    file.write_bytes(b"SQLite format 3\0\x10\x00\x01\x01" + bytes(4076))
    assert ids(check_connectors()) == ["W002"]
    file.write_bytes(b"SQLite format 3\0\x10\x00\x02\x02" + bytes(4076))
    assert check_connectors() == []


def program(folder: Path, script: str) -> str:
    file = folder / "rclone-stand-in"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(stat.S_IRWXU)
    return str(file)


def test_a_missing_rclone_is_told_with_the_way_to_get_it(settings: Settings, tmp_path: Path) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "RCLONE_BINARY": "/no/such/rclone"}
    (message,) = check_rclone()
    assert ids([message]) == ["W004"]
    assert "rclone.org/install" in str(message.hint)


def test_an_rclone_that_does_not_run_is_told(settings: Settings, tmp_path: Path) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "RCLONE_BINARY": program(tmp_path, "exit 1")}
    assert ids(check_rclone()) == ["W004"]


@pytest.mark.parametrize(("version", "expected"), [("v1.62.2", ["W005"]), ("v1.63.0", []), ("v2.0.0", [])])
def test_an_rclone_that_is_too_old_is_told(
    settings: Settings, tmp_path: Path, version: str, expected: list[str]
) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "RCLONE_BINARY": program(tmp_path, f"echo rclone {version}")}
    assert ids(check_rclone()) == expected


def test_python_itself_is_no_rclone(settings: Settings) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "RCLONE_BINARY": sys.executable}
    assert ids(check_rclone()) == ["W004"]
