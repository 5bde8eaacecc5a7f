"""Usage, help, versions and configuration errors of the command line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.program import Program


def test_without_a_command_it_says_how_it_is_used(program: Program):
    done = program.run()
    assert done.code == 2
    assert done.err.startswith("usage: django-rclone COMMAND")
    assert done.out == ""


@pytest.mark.parametrize(("command", "hint"), [("bakup", "Did you mean backup?"), ("xyzzy", "unknown command")])
def test_an_unknown_command_is_a_usage_error(program: Program, command: str, hint: str):
    done = program.run(command)
    assert done.code == 2
    assert hint in done.err


@pytest.mark.parametrize(
    "command", ["backup", "restore", "list", "prune", "media-backup", "media-restore", "doctor", "version"]
)
def test_every_command_has_help_and_refuses_what_it_does_not_know(program: Program, command: str):
    shown = program.ok(command, "--help", DATABASE_URL="")
    assert shown.startswith(f"usage: django-rclone {command}")
    assert program.run(command, "--no-such-option").code == 2


TORN = [
    "postgres://app:2024/S3cretPart@db:5432/app",
    "postgres://app:S3cretPart/2024@db:5432/app",
    "postgres://app:2024?S3cretPart@db:5432/app",
    "postgres://app:2024#S3cretPart@db:5432/app",
    "postgres://app:2@24/S3cretPart@db:5432/app",
    "mysql://app:2024/S3cretPart@db/app",
    "mongodb://app:2024/S3cretPart@db/app",
]


@pytest.mark.parametrize("url", TORN)
def test_a_password_that_ends_the_host_is_refused_and_shown_nowhere(program: Program, url: str):
    done = program.run("backup", DATABASE_URL=url)
    assert done.code == 2
    assert done.error.startswith("DATABASE_URL is not a valid database URL")
    assert "percent-encoded" in done.error
    assert "S3cret" not in done.out + done.err + "".join(program.stored() if program.remote.exists() else [])


@pytest.mark.parametrize("name", ["BACKUP_HEARTBEAT_URL", "BACKUP_PUSHGATEWAY_URL"])
def test_a_torn_web_address_is_refused_and_shown_nowhere(program: Program, name: str):
    done = program.run("list", **{name: "https://me:2024/S3cretPart@push.example/x"})
    assert done.code == 2
    assert done.error.startswith(f'{name} has an "@" after the host.')
    assert "S3cret" not in done.err


def test_version_tells_all_versions_and_needs_no_django():
    script = (
        "import sys\nfrom django_rclone_sidecar.cli import main\ncode = main(['version', '--json'])\n"
        "assert not [name for name in sys.modules if name.partition('.')[0] == 'django'], 'Django was imported'\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == {"django-rclone", "Django", "Python", "rclone"}


def test_the_module_is_the_program(program: Program):
    done = subprocess.run(
        [sys.executable, "-m", "django_rclone_sidecar", "version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == program.ok("version")


def test_a_target_that_is_missing_is_a_configuration_error(program: Program):
    for command in ("backup", "list", "prune", "manage"):
        done = program.run(command, *(["listbackups"] if command == "manage" else []), DATABASE_URL="")
        assert done.code == 2, command
        assert "DATABASE_URL" in done.error
