"""The choice between settings, URLs and a JSON file, and the databases that are backed up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.target_project import resolve
from tests.settings_loader.conftest import Project, Write

URL = "postgres://app:secret@db:5433/shop"
PLAIN = '== settings.py\nDATABASES = {"default": {POSTGRESQL, "NAME": "app"}}\n'


def test_with_nothing_said_there_is_a_clear_error() -> None:
    with pytest.raises(ConfigurationError, match=r"set TARGET_SETTINGS_MODULE .* or DATABASE_URL"):
        resolve({})


def test_a_url_is_a_target() -> None:
    target = resolve({"DATABASE_URL": URL, "BACKUP_MEDIA_ROOT": "/media"})
    database = target.databases["default"]
    assert (database["ENGINE"], database["NAME"], database["HOST"]) == ("django.db.backends.postgresql", "shop", "db")
    assert (database["USER"], database["PASSWORD"], database["PORT"]) == ("app", "secret", 5433)
    assert target.origins == {"default": "DATABASE_URL"}
    assert target.media_root == "/media"
    assert "secret" not in repr(target)


def test_urls_name_further_databases() -> None:
    target = resolve({"DATABASE_URL": URL, "DATABASE_URL_LOGS": "mysql://h/logs", "DATABASE_URL_FILE": "/x"})
    assert set(target.databases) == {"default", "logs"}
    assert target.databases["logs"]["ENGINE"] == "django.db.backends.mysql"


OTHERS = {
    "DATABASE_URL_ASYNC": "postgresql+asyncpg://app:secret@db:5433/shop",
    "DATABASE_URL_TEST": "postgres://app:secret@db:5433/test",
    "DATABASE_URL_CI_TEST": "sqlite:////tmp/test.sqlite3",
    "DATABASE_URL_POOL_SIZE": "5",
    "DATABASE_URL_SCHEME": "postgres",
}


def test_urls_that_are_meant_for_other_programs_are_left_aside() -> None:
    target = resolve({"DATABASE_URL": URL, **OTHERS})
    assert set(target.databases) == {"default"}
    for name in OTHERS:
        (note,) = [note for note in target.notes if note.startswith(f"{name} is ignored: ")]
        assert f'name "{name.removeprefix("DATABASE_URL_").lower()}" in BACKUP_DATABASES' in note
        assert "secret" not in note


def test_with_nothing_but_the_urls_of_others_there_is_nothing_to_back_up() -> None:
    with pytest.raises(ConfigurationError, match=r"nothing to back up: .* DATABASE_URL_TEST is ignored"):
        resolve({"DATABASE_URL_TEST": URL})


def test_a_url_that_is_named_is_meant(write: Write) -> None:
    named = {"DATABASE_URL": URL, "DATABASE_URL_TEST": "postgres://h/test", "BACKUP_DATABASES": "default,test"}
    assert resolve(named).databases["test"]["NAME"] == "test"
    with pytest.raises(ConfigurationError, match="DATABASE_URL_ASYNC is not a valid database URL"):
        resolve({"DATABASE_URL": URL, **OTHERS, "BACKUP_DATABASES": "async"})
    files = "== settings.py\nDATABASES = {'default': {POSTGRESQL, 'NAME': 'a'}, 'test': {POSTGRESQL, 'NAME': 'b'}}\n"
    assert write(files).target(DATABASE_URL_TEST="postgres://h/new").databases["test"]["NAME"] == "new"


@pytest.mark.parametrize("other", ["postgres://app:x@db/shop", "postgis://me:y@db:5432/shop", "postgresql://db/shop"])
def test_the_same_database_under_another_name_is_not_backed_up_twice(other: str) -> None:
    target = resolve({"DATABASE_URL": "postgres://app:x@db:5432/shop", "DATABASE_URL_SYNC": other})
    assert set(target.databases) == {"default"}
    assert any('same database as "default"' in note for note in target.notes)


def test_an_empty_default_is_no_database(write: Write) -> None:
    files = "== settings.py\nDATABASES = {'default': {}, 'shop': {POSTGRESQL, 'NAME': 'shop'}}\n"
    target = write(files).target()
    assert set(target.databases) == {"shop"}
    assert target.notes == ()


@pytest.mark.parametrize(
    "url", ["nonsense", "foo://user:secret@h/x", "postgres://user:sec#ret@h:x/y", "postgres://h", ""]
)
def test_a_url_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve({"DATABASE_URL": url or "postgres://", "BACKUP_TARGET": "url"})
    assert "DATABASE_URL" in str(caught.value)
    assert "sec" not in str(caught.value)


def test_mongodb_has_urls_too() -> None:
    url = "mongodb://u:p%40ss@a:27017,b:27018/shop?authSource=admin&replicaSet=rs"
    database = resolve({"DATABASE_URL": url}).databases["default"]
    assert (database["ENGINE"], database["NAME"]) == ("django_mongodb_backend", "shop")
    assert database["HOST"] == "mongodb://a:27017,b:27018/shop?authSource=admin&replicaSet=rs"
    assert (database["USER"], database["PASSWORD"]) == ("u", "p@ss")


def test_a_sqlite_url_must_be_absolute() -> None:
    assert resolve({"DATABASE_URL": "sqlite:////data/app.db"}).databases["default"]["NAME"] == "/data/app.db"
    with pytest.raises(ConfigurationError, match="four slashes"):
        resolve({"DATABASE_URL": "sqlite:///app.db"})


def test_settings_come_before_a_url(write: Write) -> None:
    target = write(PLAIN).target(DATABASE_URL=URL)
    assert target.databases["default"]["NAME"] == "app"
    assert target.origins == {"default": "settings settings"}


def test_the_choice_can_be_forced(write: Write) -> None:
    project = write(PLAIN)
    assert project.target(DATABASE_URL=URL, BACKUP_TARGET="url").databases["default"]["NAME"] == "shop"
    assert "BACKUP_TARGET" in project.refusal(BACKUP_TARGET="urls")
    assert "TARGET_SETTINGS_MODULE" in project.refusal(BACKUP_TARGET="settings", TARGET_SETTINGS_MODULE="")


def test_a_url_helps_out_where_the_settings_are_not_there(project: Project) -> None:
    target = project.target(TARGET_SETTINGS_MODULE="config.settings.prod", DATABASE_URL=URL)
    assert target.databases["default"]["NAME"] == "shop"
    assert "config.settings.prod not found" in target.notes[0]
    assert "not found" in project.refusal(TARGET_SETTINGS_MODULE="config.settings.prod")
    assert "no such folder" in project.refusal(TARGET_PATH=str(project.root / "nowhere"))


def test_a_url_does_not_help_out_where_the_settings_are_wrong(write: Write) -> None:
    refusal = write("== settings.py\nimport vault\nDATABASES = vault.databases\n").refusal(DATABASE_URL=URL)
    assert "vault" in refusal


def test_modules_beside_the_missing_one_are_named(write: Write) -> None:
    project = write("== config/settings/base.py\n== config/settings/local.py\n== config/settings/__init__.py\n")
    refusal = project.refusal(TARGET_SETTINGS_MODULE="config.settings.prod")
    assert "Module config.settings.prod not found below" in refusal
    assert "(found: base, local)" in refusal


def test_a_url_overrides_one_alias(write: Write) -> None:
    files = (
        '== settings.py\nDATABASES = {"default": {POSTGRESQL, "NAME": "app"}, "logs": {POSTGRESQL, "NAME": "old"}}\n'
    )
    target = write(files).target(DATABASE_URL_LOGS="postgres://h/new")
    assert (target.databases["default"]["NAME"], target.databases["logs"]["NAME"]) == ("app", "new")
    assert target.origins["logs"] == "DATABASE_URL_LOGS"


def test_an_alias_that_is_overridden_or_left_out_need_not_be_known(write: Write) -> None:
    project = write(
        """
        == settings.py
        import vault
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}, "logs": {POSTGRESQL, "NAME": vault.logs}}
        """
    )
    assert "['logs']['NAME']" in project.refusal()
    assert project.target(DATABASE_URL_LOGS="postgres://h/new").databases["logs"]["NAME"] == "new"
    assert set(project.target(BACKUP_DATABASES="default").databases) == {"default"}
    assert "['logs']['NAME']" in project.refusal(BACKUP_DATABASES="default, logs")


def test_the_default_can_be_overridden_too(write: Write) -> None:
    project = write('== settings.py\nimport vault\nDATABASES = {"default": {POSTGRESQL, "NAME": vault.name}}\n')
    assert project.target(DATABASE_URL_DEFAULT=URL).databases["default"]["NAME"] == "shop"


def test_one_database_is_not_backed_up_twice(write: Write) -> None:
    project = write(
        """
        == settings.py
        DATABASES = {
            "replica": {POSTGRESQL, "NAME": "app", "HOST": "ro", "TEST": {"MIRROR": "default"}},
            "default": {POSTGRESQL, "NAME": "app", "HOST": "db"},
            "again": {POSTGRESQL, "NAME": "app", "HOST": "db", "USER": "other"},
            "other": {POSTGRESQL, "NAME": "app2", "HOST": "db"},
        }
        """
    )
    target = project.target()
    assert set(target.databases) == set(target.origins) == {"default", "other"}
    assert any('"replica"' in note and "mirrors" in note for note in target.notes)
    assert any('"again"' in note and 'same database as "default"' in note for note in target.notes)
    assert "replica" in project.target(BACKUP_DATABASES="replica").databases


@pytest.mark.parametrize(
    ("engine", "ours"),
    [
        ("django.db.backends.postgresql_psycopg2", "django.db.backends.postgresql"),
        ("django_tenants.postgresql_backend", "django.db.backends.postgresql"),
        ("company.postgis", "django.contrib.gis.db.backends.postgis"),
        ("company.mysql", "django.db.backends.mysql"),
        ("company.mariadb", "django.db.backends.mysql"),
        ("django.contrib.gis.db.backends.spatialite", "django.contrib.gis.db.backends.spatialite"),
        ("company.mongo", "django_mongodb_backend"),
        ("mssql", "mssql"),
    ],
)
def test_an_engine_that_is_not_here_is_known_by_its_name(tmp_path: Path, engine: str, ours: str) -> None:
    target = resolve({"TARGET_JSON_FILE": _answer(tmp_path, {"ENGINE": engine, "NAME": "/app"})})
    assert target.databases["default"]["ENGINE"] == ours
    assert bool(target.notes) == (engine == "mssql")


def test_an_engine_with_a_connector_of_its_own_stays(tmp_path: Path) -> None:
    file = _answer(tmp_path, {"ENGINE": "my.postgres", "NAME": "a"}, CONNECTOR_MAPPING={"my.postgres": "x.Y"})
    assert resolve({"TARGET_JSON_FILE": file}).databases["default"]["ENGINE"] == "my.postgres"


def _answer(folder: Path, database: dict[str, Any], **django_rclone: Any) -> str:
    file = folder / "target.json"
    answer = {
        "schema": 1,
        "databases": {"default": database},
        "media_root": "/media",
        "storages": {},
        "time_zone": "UTC",
        "django_rclone": django_rclone,
    }
    file.write_text(json.dumps(answer))
    return str(file)


def test_a_printed_answer_is_a_target(tmp_path: Path) -> None:
    file = _answer(tmp_path, {"ENGINE": "django.db.backends.postgresql", "NAME": "answered"}, PROJECT="shop")
    target = resolve({"TARGET_JSON_FILE": file, "TARGET_SETTINGS_MODULE": "never.loaded", "BACKUP_MEDIA_ROOT": "/here"})
    assert target.databases["default"]["NAME"] == "answered"
    assert (target.media_root, target.time_zone, target.django_rclone) == ("/here", "UTC", {"PROJECT": "shop"})
    assert target.origins["default"] == f"TARGET_JSON_FILE {file}"


@pytest.mark.parametrize(
    "content", ["", "secret", "[]", "{}", '{"schema": 1, "databases": {"default": {}}}', '{"schema": 9}']
)
def test_an_answer_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "target.json"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match="TARGET_JSON_FILE") as caught:
        resolve({"TARGET_JSON_FILE": str(file)})
    assert "secret" not in str(caught.value)


def test_an_answer_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        resolve({"TARGET_JSON_FILE": str(tmp_path / "none")})
