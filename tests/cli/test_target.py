"""The program beside a project whose settings it reads."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.docs.tables import ROOT

SETTINGS = """
from pathlib import Path
import a_package_that_is_only_in_the_web_container

BASE_DIR = Path(__file__).parent
SECRET_KEY = "x"
TIME_ZONE = "Asia/Tokyo"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "app.sqlite3"}}
MEDIA_ROOT = BASE_DIR / "media"
DJANGO_RCLONE = {"REMOTE": str(BASE_DIR / "kept"), "DB_BACKUP_DIR": "databases"}
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program beside a project whose packages it lacks."""
    made = Program(tmp_path)
    made.write("first")
    (tmp_path / "site.py").write_text("")
    (tmp_path / "config.py").write_text(SETTINGS)
    made.env |= {"TARGET_PATH": str(tmp_path), "TARGET_SETTINGS_MODULE": "config", "DATABASE_URL": ""}
    return made


def test_a_project_is_backed_up_by_its_settings_alone(program: Program):
    done = program.run("backup")
    assert done.code == 0, done.err
    place = f'Database "default": sqlite3 {program.path("app")} (from settings config'
    assert place in done.err
    program.write("second")
    program.ok("restore", "--latest")
    assert program.note() == "first"


def test_the_web_containers_own_variable_names_the_settings(program: Program):
    program.env |= {"DJANGO_SETTINGS_MODULE": "config", "TARGET_SETTINGS_MODULE": ""}
    assert program.run("backup").code == 0
    assert "default-" in program.ok("manage", "listbackups")


@pytest.mark.exhaustive
def test_the_projects_own_choices_count_where_no_variable_says_otherwise(program: Program):
    program.ok("backup", BACKUP_REMOTE="")
    assert list((program.folder / "kept/databases").iterdir())
    program.ok("backup")
    (row,) = program.listed()
    assert row["path"].startswith("databases/")
    assert (program.remote / row["path"]).exists()


@pytest.mark.exhaustive
def test_times_are_in_the_projects_time_zone(program: Program):
    program.ok("backup")
    assert "+09:00" in program.ok("list")
    assert "+00:00" in program.ok("list", BACKUP_TIME_ZONE="UTC")


@pytest.mark.exhaustive
def test_media_come_from_the_settings_and_may_be_mounted_elsewhere(program: Program):
    done = program.run("backup")
    assert "Media files are not backed up" in done.err
    program.media.mkdir()
    (program.media / "photo.jpg").write_bytes(b"photo")
    program.ok("backup")
    assert (program.remote / "media/photo.jpg").exists()
    program.media.rename(program.folder / "elsewhere")
    assert program.run("backup").code == 3
    program.ok("backup", BACKUP_MEDIA_ROOT=str(program.folder / "elsewhere"))


def test_settings_that_are_not_there_give_way_to_a_url_with_a_warning(program: Program):
    program.env["TARGET_SETTINGS_MODULE"] = "nowhere"
    done = program.run("backup")
    assert done.code == 2
    assert "nowhere" in done.error
    done = program.run("backup", DATABASE_URL=program.url("app"))
    assert done.code == 0, done.err
    assert "DATABASE_URL is used instead" in done.err


def test_media_in_a_bucket_are_left_to_who_keeps_them(program: Program):
    with (program.folder / "config.py").open("a") as settings:
        settings.write('STORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage"}}\n')
    done = program.run("backup")
    assert done.code == 0, done.err
    assert "media are stored by storages.backends.s3.S3Storage" in done.err
    assert program.run("media-backup").code == 2


def test_the_extra_brings_what_settings_modules_are_written_with():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = {re.split(r"[<>=~]", line)[0] for line in project["optional-dependencies"]["sidecar"]}
    wanted = (ROOT / "requirements/target.in").read_text().splitlines()
    assert {line for line in wanted if line and not line.startswith("#")} <= extra


def test_a_connector_of_the_projects_own_is_found(program: Program):
    shutil.copy(ROOT / "tests/docs/folder_connector.py", program.folder / "shown.py")
    index = program.folder / "index"
    index.mkdir()
    (index / "words").write_text("as it was")
    with (program.folder / "config.py").open("a") as settings:
        settings.write('DATABASES = {"default": {"ENGINE": "folder", "NAME": str(BASE_DIR / "index")}}\n')
        settings.write('DJANGO_RCLONE["CONNECTORS"] = {"default": "shown.FolderConnector"}\n')
    program.ok("backup", BACKUP_MEDIA="off")
    (index / "words").write_text("changed")
    program.ok("restore", "--latest")
    assert (index / "words").read_text() == "as it was"


def test_a_password_that_is_the_projects_name_does_not_hide_where_a_backup_goes(program: Program):
    place = f'Database "default": sqlite3 {program.path("app")} (from settings config'
    secret = program.folder.name
    assert secret in place
    done = program.run("backup", APP_PASSWORD=secret)
    assert place in done.err
