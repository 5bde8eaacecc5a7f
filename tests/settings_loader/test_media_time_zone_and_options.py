"""MEDIA_ROOT, STORAGES, TIME_ZONE and DJANGO_RCLONE."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from django_rclone_sidecar.target_project import resolve
from tests.settings_loader.conftest import Write

PLAIN = 'DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}'


@pytest.mark.parametrize(
    ("setting", "ways"),
    [
        ("MEDIA_ROOT = flags.folder", {"BACKUP_MEDIA_ROOT": "/media"}),
        ('MEDIA_ROOT = "/a" if flags.prod else "/b"', {"BACKUP_MEDIA": "off"}),
        ('STORAGES = {"default": {"BACKEND": flags.backend}}', {"BACKUP_MEDIA_ROOT": "/media"}),
        ("STORAGES = flags.storages", {"BACKUP_MEDIA": "off"}),
        ("DEFAULT_FILE_STORAGE = flags.backend", {"BACKUP_MEDIA": "off"}),
        ("TIME_ZONE = flags.zone", {"BACKUP_TIME_ZONE": "UTC"}),
    ],
)
def test_a_setting_that_is_not_known_is_refused_unless_the_environment_says_it(
    write: Write, setting: str, ways: dict[str, str]
) -> None:
    project = write(f"== settings.py\nimport flags\n{PLAIN}\n{setting}\n")
    refusal = project.refusal()
    assert "flags" in refusal
    assert setting.partition(" ")[0] in refusal
    assert next(iter(ways)).partition("=")[0] in refusal
    assert project.target(**ways).databases["default"]["NAME"] == "app"


def test_backup_settings_that_are_not_known_are_refused(write: Write) -> None:
    project = write(f'== settings.py\nimport flags\n{PLAIN}\nDJANGO_RCLONE = {{"REMOTE": flags.bucket}}\n')
    assert "DJANGO_RCLONE" in project.refusal()


def test_all_that_is_known_comes_out(write: Write) -> None:
    project = write(
        f"""
        == settings.py
        from pathlib import Path
        from decimal import Decimal
        from datetime import timedelta
        import storages_like
        {PLAIN}
        MEDIA_ROOT = Path("/srv/media")
        TIME_ZONE = "Europe/Rome"
        STORAGES = {{"default": {{"BACKEND": "django.core.files.storage.FileSystemStorage",
                                  "OPTIONS": {{"location": Path("/srv/files"), "perm": storages_like.x}}}}}}
        DJANGO_RCLONE = {{"REMOTE": "s3:bucket", "TIMEOUT": timedelta(minutes=5), "DB_CLEANUP_KEEP": Decimal(7)}}
        """
    )
    target = project.target()
    assert (target.media_root, target.time_zone) == ("/srv/media", "Europe/Rome")
    assert target.storages["default"]["OPTIONS"] == {"location": "/srv/files"}
    assert target.django_rclone == {"REMOTE": "s3:bucket", "TIMEOUT": 300.0, "DB_CLEANUP_KEEP": 7}


def test_what_the_project_does_not_say_stays_open(write: Write) -> None:
    target = write(f"== settings.py\n{PLAIN}\n").target()
    assert (target.media_root, dict(target.storages), target.time_zone, dict(target.django_rclone)) == ("", {}, "", {})


def test_a_bucket_keeps_its_options_to_itself(write: Write) -> None:
    project = write(
        f"""
        == settings.py
        import boto
        {PLAIN}
        STORAGES = {{"default": {{"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {{"location": boto.x}}}}}}
        """
    )
    assert project.target().storages == {"default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {}}}


def test_relative_paths_are_below_the_project_and_noted(write: Write) -> None:
    engine = "django.db.backends.sqlite3"
    databases = f'DATABASES = {{"default": {{"ENGINE": "{engine}", "NAME": "d"}}}}'
    project = write(f'== settings.py\nMEDIA_ROOT = "m"\n{databases}\n')
    target = project.target()
    assert (target.media_root, target.databases["default"]["NAME"]) == (f"{project.root}/m", f"{project.root}/d")
    assert len(target.notes) == 2


def test_what_the_projects_own_command_prints_is_the_same_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("backuptarget")
    printed = capsys.readouterr()
    assert printed.err == ""
    file = tmp_path / "target.json"
    file.write_text(printed.out)
    target = resolve({"TARGET_JSON_FILE": str(file)})
    assert target.databases["default"]["NAME"] == "/nonexistent/app.sqlite3"
    assert target.django_rclone == {"REMOTE": "/nonexistent/remote"}
    assert target.time_zone == "UTC"


def test_the_projects_own_command_can_tell_of_some_databases_only(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("backuptarget", "-d", "default")
    assert set(json.loads(capsys.readouterr().out)["databases"]) == {"default"}
    with pytest.raises(CommandError, match='"other" is not in DATABASES'):
        call_command("backuptarget", "-d", "other")


@pytest.mark.parametrize(
    "through", ["from base import *", "try:\n    from base import *\nexcept ImportError:\n    X = 1"]
)
def test_what_a_missing_package_may_set_two_imports_away_is_not_taken_for_unset(write: Write, through: str) -> None:
    files = f"== settings.py\n{through}\nDATABASES = {{'default': {{POSTGRESQL, 'NAME': 'app'}}}}\nMEDIA_ROOT = '/m'\n"
    project = write(f"{files}== base.py\nfrom acme.settings import *\nDEBUG = False\n")
    assert "STORAGES may be incomplete: base.py:1" in project.refusal()
    assert project.target(BACKUP_MEDIA_ROOT="/m", BACKUP_TIME_ZONE="UTC").databases["default"]["NAME"] == "app"
