"""DJANGO_RCLONE: good values work, and each wrong one gets one clear sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from django_rclone import conf
from django_rclone.exceptions import ConfigurationError
from django_rclone.process import Limits


@pytest.fixture(autouse=True)
def _only_a_remote(settings: Settings) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "s3:bucket/site"}


def test_a_remote_is_all_that_must_be_set() -> None:
    remote = conf.remote()
    assert (remote.root, remote.binary, remote.config, remote.flags) == ("s3:bucket/site", "rclone", "", ())
    names = conf.names()
    assert (names.folder, names.template, names.date_format) == ("db", "{database}-{datetime}.{ext}", "%Y-%m-%d-%H%M%S")
    assert conf.compression() == ("zstd", 3)
    assert conf.limits() == Limits(timeout=None, stall=600)
    assert conf.get("DB_CLEANUP_KEEP") == 10
    assert conf.get("MEDIA_BACKUP_DIR") == "media"
    assert conf.get("PROJECT") == ""


def test_every_default_is_a_good_value() -> None:
    assert [name for name, entry in conf.SETTINGS.items() if name != "REMOTE" and entry.problem(entry.default)] == []


def test_settings_are_read_when_asked_and_never_at_import(settings: Settings) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "/elsewhere", "DB_BACKUP_DIR": "a/b/", "TIMEOUT": 5, "STALL_TIMEOUT": None}
    assert conf.remote().root == "/elsewhere"
    assert conf.names().folder == "a/b"
    assert conf.limits() == Limits(timeout=5, stall=None)


@pytest.mark.parametrize("value", [{}, {"REMOTE": ""}, {"REMOTE": None}])
def test_a_missing_remote_is_told_with_an_example(settings: Settings, value: dict[str, Any]) -> None:
    settings.DJANGO_RCLONE = value
    with pytest.raises(ConfigurationError, match=r'^DJANGO_RCLONE\["REMOTE"\] is not set\..*s3:bucket/site'):
        conf.remote()


def test_no_settings_at_all_is_a_missing_remote(settings: Settings) -> None:
    del settings.DJANGO_RCLONE
    with pytest.raises(ConfigurationError, match="is not set"):
        conf.remote()


@pytest.mark.parametrize("value", [[], "s3:bucket", None, 5])
def test_something_else_than_a_dictionary_is_refused(settings: Settings, value: Any) -> None:
    settings.DJANGO_RCLONE = value
    with pytest.raises(ConfigurationError, match=r"^DJANGO_RCLONE must be a dictionary\.$"):
        conf.remote()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REMOTE", Path("/backups"), "must be a string, not empty"),
        ("PROJECT", None, "must be a string"),
        ("RCLONE_BINARY", "", "must be a string, not empty"),
        ("RCLONE_CONFIG", 5, "must be a path or None"),
        ("RCLONE_FLAGS", "--bwlimit 10M", "must be a list of strings"),
        ("RCLONE_FLAGS", ["--transfers", 4], "must be a list of strings"),
        *(("DB_BACKUP_DIR", value, "must be the name of a folder") for value in ("", "/", None, 5)),
        *(("DB_BACKUP_DIR", value, "must be a folder below REMOTE") for value in ("/db", "../db", "a/../b", "./a")),
        ("DB_BACKUP_DIR", "manifests", "cannot be 'manifests': it holds the manifests"),
        ("DB_BACKUP_DIR", "manifests/db", "it holds the manifests"),
        ("MEDIA_BACKUP_DIR", "/media", "must be a folder below REMOTE"),
        ("DB_FILENAME_TEMPLATE", None, "must be a string"),
        ("DB_FILENAME_TEMPLATE", "{datetime}.{ext}", "must have {database} and {datetime}"),
        ("DB_DATE_FORMAT", "", "must be a strftime format"),
        ("DB_DATE_FORMAT", "%Y/%m/%d", "renders a '/'"),
        *(("DB_CLEANUP_KEEP", value, "must be a whole number, 1 or more") for value in (0, -1, None, "10", True, 1.5)),
        *(("COMPRESSION", value, 'must be "zstd", "gzip", "none" or') for value in ("lz4", None, {}, {"LEVEL": 3}, 3)),
        *(("COMPRESSION", {"METHOD": value}, "must be") for value in ("lz4", None, ["zstd"])),
        ("COMPRESSION", {"METHOD": "zstd", "EXTRA": 1}, "must be"),
        *(
            ("COMPRESSION", {"METHOD": "zstd", "LEVEL": value}, f"has LEVEL {value!r}: zstd takes 1 to 19")
            for value in (0, 20, "3", 3.0, True)
        ),
        ("COMPRESSION", {"METHOD": "gzip", "LEVEL": 10}, "gzip takes 1 to 9"),
        ("COMPRESSION", {"METHOD": "none", "LEVEL": 1}, "none takes 0 to 0"),
        *(("TIMEOUT", value, "must be a number of seconds") for value in (0, -5, "60", True, float("nan"))),
        ("STALL_TIMEOUT", 0, "must be a number of seconds"),
        *(("PROJECT", value, "must be a string, not only white space") for value in (" ", "\t")),
        *(("PROJECT", value, "unprintable characters") for value in ("a\nb", "a\0", "a\u202eb", "\udcff")),
        *(("DB_BACKUP_DIR", value, "is not below") for value in ("a\\b", "a//b", "a/ /b")),
        ("DB_FILENAME_TEMPLATE", "{database}-\n{datetime}", "unprintable characters"),
        *(("DB_DATE_FORMAT", value, "renders") for value in ("%Y%n", "%Y\\%m")),
        ("CONNECTORS", ["x"], "must be a dictionary: {alias: dotted path of a connector}"),
        ("CONNECTORS", {"default": None}, "must be a dictionary"),
        ("CONNECTOR_MAPPING", {5: "x"}, "must be a dictionary: {engine: dotted path of a connector}"),
        ("DATABASE_OPTIONS", {"default": "SPOOL"}, "must be a dictionary: {alias: {option: value}}"),
    ],
)
def test_a_wrong_value_gets_one_clear_sentence(settings: Settings, name: str, value: Any, words: str) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", name: value}
    with pytest.raises(ConfigurationError) as wrong:
        conf.get(name)
    assert str(wrong.value).startswith(f'DJANGO_RCLONE["{name}"] ')
    assert words in str(wrong.value)
    assert str(wrong.value).count("\n") == 0
    assert str(wrong.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RCLONE_CONFIG", Path("/etc/rclone.conf")),
        ("RCLONE_FLAGS", ("--bwlimit", "10M")),
        ("DB_BACKUP_DIR", "site/db/"),
        ("DB_FILENAME_TEMPLATE", "{database}_{datetime}"),
        ("COMPRESSION", {"METHOD": "zstd", "LEVEL": 19}),
        ("COMPRESSION", {"METHOD": "gzip"}),
        ("COMPRESSION", "none"),
        ("TIMEOUT", 0.5),
        ("DATABASE_OPTIONS", {"default": {"SPOOL": True}}),
    ],
)
def test_a_good_value_is_taken_as_it_is(settings: Settings, name: str, value: Any) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", name: value}
    assert conf.get(name) == value


@pytest.mark.parametrize(
    ("value", "chosen"),
    [
        ("gzip", ("gzip", 6)),
        ("none", ("none", 0)),
        ({"METHOD": "zstd"}, ("zstd", 3)),
        ({"METHOD": "gzip", "LEVEL": 9}, ("gzip", 9)),
    ],
)
def test_a_method_without_a_level_has_a_sensible_one(settings: Settings, value: Any, chosen: tuple[str, int]) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "COMPRESSION": value}
    assert conf.compression() == chosen


def test_the_key_that_was_meant_is_found(settings: Settings) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:", "DB_BACKUPS_DIR": "db", "remote": "x:", "COLOUR": "red", 5: 5}
    assert conf.unknown_keys() == {"DB_BACKUPS_DIR": "DB_BACKUP_DIR", "remote": "REMOTE", "COLOUR": "", "5": ""}
