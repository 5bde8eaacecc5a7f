"""The management commands: exit codes, confirmation and output."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from django_rclone import signals
from tests.unit.plain import ENGINE, PATH

STORAGE = str(Path(__file__).with_name("storage.sh"))


@dataclass
class Project:
    """A Django project with a text file for a database, and media."""

    folder: Path
    settings: Settings
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.remote = self.folder / "remote"
        self.media = self.folder / "media"
        self.media.mkdir()
        self.set()

    def set(self, **options: Any) -> None:
        defaults = {"REMOTE": str(self.remote), "CONNECTOR_MAPPING": {ENGINE: PATH}, "COMPRESSION": "none"}
        self.settings.DJANGO_RCLONE = defaults | options
        self.settings.MEDIA_ROOT = str(self.media)

    def run(self, *arguments: str) -> tuple[str, str]:
        """Runs a command as ``manage.py`` does, and returns what it printed on stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        call_command(*arguments, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    def fails(self, *arguments: str) -> tuple[int, str]:
        """Runs a command that must fail, and returns its exit code and message."""
        with pytest.raises(CommandError) as failed:
            self.run(*arguments)
        return failed.value.returncode, str(failed.value)

    def stored(self) -> set[str]:
        return {str(path.relative_to(self.remote)) for path in self.remote.rglob("*") if path.is_file()}

    def objects(self) -> list[Path]:
        return sorted((self.remote / "db").glob("*"))

    def state(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture
def project(tmp_path: Path, settings: Settings, databases: Callable[[dict[str, Any]], None]) -> Project:
    for name in ("app", "second"):
        (tmp_path / f"{name}.txt").write_text(f"{name}\n" * 100)
    databases(
        {
            "default": {"ENGINE": ENGINE, "NAME": str(tmp_path / "app.txt")},
            "second": {"ENGINE": ENGINE, "NAME": str(tmp_path / "second.txt")},
        }
    )
    return Project(tmp_path, settings)


@pytest.fixture
def quick(project: Project) -> Project:
    """The same project by a stand-in for rclone: what is tested here is ours."""
    project.set(RCLONE_BINARY=STORAGE)
    return project


# dbbackup


def test_a_backup_and_a_restore_of_the_default_database(project: Project) -> None:
    output, _ = project.run("dbbackup")
    (stored,) = project.objects()
    assert output.startswith(f'Database "default": backed up to db/{stored.name} (400 B in ')
    before = (project.folder / "app.txt").read_bytes()
    (project.folder / "app.txt").write_text("changed since\n")
    output, _ = project.run("dbrestore", "-d", "default", "--noinput")
    assert output.endswith(f'Database "default": restored from db/{stored.name}.\n')
    assert (project.folder / "app.txt").read_bytes() == before


def test_a_quiet_backup_says_nothing(quick: Project) -> None:
    assert quick.run("dbbackup", "--verbosity", "0")[0] == ""


def test_several_databases_are_one_recovery_point(quick: Project) -> None:
    quick.run("dbbackup", "-d", "default", "-d", "second", "-d", "default")
    assert [path.name.partition("-")[0] for path in quick.objects()] == ["default", "second"]
    manifests = [json.loads(path.read_text()) for path in (quick.remote / "manifests").iterdir()]
    assert len({manifest["point"] for manifest in manifests}) == 1


@pytest.mark.parametrize(
    ("options", "arguments", "code", "words"),
    [
        ({"REMOTE": ""}, (), 2, 'DJANGO_RCLONE["REMOTE"] is not set'),
        ({}, ("-d", "third"), 2, 'Database "third" is not in DATABASES, which has: default, second.'),
        ({"RCLONE_BINARY": "/no/such/rclone"}, (), 2, "was not found. Install rclone"),
        ({"CONNECTOR_MAPPING": {}}, (), 2, "no connector for the engine 'tests.unit.plain'"),
        ({"TIMEOUT": -1}, (), 2, 'DJANGO_RCLONE["TIMEOUT"] must be a number of seconds'),
        ({"DATABASE_OPTIONS": {"default": {"dump": "exit 1"}}}, (), 1, "sh ended with exit code 1"),
        ({"DATABASE_OPTIONS": {"default": {"dump": "sleep 9"}}, "TIMEOUT": 0.1}, (), 75, "(TIMEOUT)"),
        ({"DATABASE_OPTIONS": {"default": {"dump": "exit 1"}}}, ("-d", "default", "-d", "second"), 3, "1 of 2 databas"),
        ({}, ("-d", "third", "-d", "fourth"), 2, "2 of 2 databases failed."),
        (
            {"DATABASE_OPTIONS": {"default": {"dump": "exit 1"}}},
            ("-d", "default", "-d", "third"),
            *(1, "2 of 2 databases failed."),
        ),
    ],
)
def test_a_backup_that_fails_says_why_and_ends_with_its_code(
    quick: Project, options: dict[str, Any], arguments: tuple[str, ...], code: int, words: str
) -> None:
    quick.set(**{"RCLONE_BINARY": STORAGE} | options)
    returned, message = quick.fails("dbbackup", *arguments)
    assert returned == code
    assert words in message
    assert "\n" not in message


def test_one_database_that_fails_does_not_keep_the_others_from_being_saved(quick: Project) -> None:
    quick.set(RCLONE_BINARY=STORAGE, DATABASE_OPTIONS={"default": {"dump": "exit 1"}})
    assert quick.fails("dbbackup", "-d", "default", "-d", "second")[0] == 3
    assert [path.name.partition("-")[0] for path in quick.objects()] == ["second"]


@pytest.mark.parametrize(("name", "code"), [("TERM", 143), ("INT", 130), ("HUP", 129)])
def test_a_signal_ends_a_backup_in_order(quick: Project, name: str, code: int) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    waiting = f"until [ -s {quick.remote}/db/*.partial ]; do sleep 0.01; done"
    script = f'cat "$0"; {waiting}; kill -{name} $PPID; sleep 600'
    quick.set(RCLONE_BINARY=STORAGE, DATABASE_OPTIONS={"default": {"dump": script}})
    assert quick.fails("dbbackup", "-d", "default", "-d", "second") == (code, f"Interrupted by signal {code - 128}.")
    assert quick.stored() == set()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == handlers


def test_clean_removes_what_is_beyond_the_number_to_keep_and_what_dead_runs_left(quick: Project) -> None:
    quick.set(RCLONE_BINARY=STORAGE, DB_CLEANUP_KEEP=2)
    quick.run("dbbackup", "-d", "second")
    foreign = {path.name for path in quick.objects()}
    for name in (
        *("default-2020-01-01-000000.dump", "default-2020-01-02-000000.dump"),  # as django-rclone 0.4 made them
        *("default-2020-01-03-000000-orpha1.dump", "default-2020-01-03-000000-parti1.dump.partial", "by-hand.sql"),
    ):
        file = quick.remote / "db" / name
        file.write_text("old")
        os.utime(file, (1_600_000_000,) * 2)
    output, _ = quick.run("dbbackup", "--clean")
    assert {path.name for path in quick.objects()} - foreign == {
        "default-2020-01-02-000000.dump",
        "by-hand.sql",
        next(path.name for path in quick.objects() if path.suffix == ".txt" and path.name not in foreign),
    }
    assert "Removed db/default-2020-01-01-000000.dump (unverified)." in output
    assert "(orphan)" in output
    assert "(partial)" in output


def test_clean_removes_nothing_after_a_failure(quick: Project) -> None:
    old = quick.remote / "db/default-2020-01-01-000000.dump"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    quick.set(RCLONE_BINARY=STORAGE, DB_CLEANUP_KEEP=1, DATABASE_OPTIONS={"default": {"dump": "exit 1"}})
    quick.fails("dbbackup", "--clean")
    assert quick.objects() == [old]


# dbrestore


def test_a_restore_without_a_terminal_or_consent_is_refused(quick: Project) -> None:
    quick.run("dbbackup")
    before = quick.state()
    code, message = quick.fails("dbrestore", "-d", "default")
    assert (code, "Not a terminal" in message, "--noinput" in message) == (2, True, True)
    assert quick.state() == before


@pytest.mark.parametrize(("answer", "goes_ahead"), [("y", True), ("Yes ", True), ("", False), ("no", False)])
def test_a_restore_at_a_terminal_asks(
    quick: Project, monkeypatch: pytest.MonkeyPatch, answer: str, goes_ahead: bool
) -> None:
    quick.run("dbbackup")
    file = quick.folder / "app.txt"
    file.write_text("changed since\n")
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)
    output, _ = quick.run("dbrestore", "-d", "default")
    assert asked == [f"Restore the file {file}? [y/N] "]
    assert (file.read_text() != "changed since\n") is goes_ahead
    assert ("Nothing was changed." in output) is not goes_ahead


def test_a_dry_run_prints_the_plan_and_changes_nothing(quick: Project) -> None:
    quick.run("dbbackup")
    (quick.folder / "app.txt").write_text("changed since\n")
    before = quick.state()
    heard: list[str] = []

    def receiver(**_what: Any) -> None:
        heard.append("pre")

    signals.pre_db_restore.connect(receiver)
    output, _ = quick.run("dbrestore", "-d", "default", "--dry-run")
    signals.pre_db_restore.disconnect(receiver)
    assert f"target   the file {quick.folder / 'app.txt'}" in output
    assert "commit   sh -c" in output
    assert quick.state() == before
    assert heard == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-d", "default", "--noinput"), 6, "there is no good backup"),
        (("-d", "default", "--noinput", "-i", "none.dump"), 6, "There is no db/none.dump"),
        (("-d", "default", "--noinput", "-i", "/etc/passwd"), 2, "is not a path in the backup folder"),
        (("-d", "default", "--noinput", "-i", "x", "--unverified"), 2, "--input-path chooses one backup"),
        (("-d", "default", "--noinput", "-i", "x", "--at", "2026-11-23"), 2, "--input-path chooses one backup"),
        (("--noinput",), 2, "choose one with --database (default, second)"),
        (("-d", "third", "--noinput"), 2, 'Database "third" is not in DATABASES'),
    ],
)
def test_a_restore_that_cannot_be_says_why(quick: Project, arguments: tuple[str, ...], code: int, words: str) -> None:
    returned, message = quick.fails("dbrestore", *arguments)
    assert returned == code
    assert words in message


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
@pytest.mark.parametrize(
    "arguments",
    [
        *(("dbrestore", option) for option in ("-d", "--database", "-i", "--input-path", "--at", "--into")),
        *(("dbbackup", "--clean", "-d", "default", "-d"), ("listbackups", "-d"), ("backuptarget", "--database")),
    ],
    ids=" ".join,
)
def test_an_option_given_without_a_value_is_refused_and_does_nothing(
    quick: Project, arguments: tuple[str, ...], blank: str
) -> None:
    before = quick.state()
    code, message = quick.fails(*arguments, blank)
    assert (code, "is empty" in message or "is not a valid time" in message) == (2, True)
    assert quick.state() == before


@pytest.mark.parametrize("name", ["database", "input_path", "at", "into"])
def test_code_that_calls_a_command_with_an_empty_value_is_refused(quick: Project, name: str) -> None:
    quick.run("dbbackup")
    before = quick.state()
    with pytest.raises(
        CommandError, match=f"--{name.replace('_', '-')} is empty: is a shell variable not set"
    ) as failed:
        call_command("dbrestore", interactive=False, **{"database": "default", name: ""})
    assert failed.value.returncode == 2
    assert quick.state() == before


def test_a_time_that_is_none_is_a_usage_error(quick: Project) -> None:
    with pytest.raises(CommandError, match="is not a valid time: use the form"):
        quick.run("dbrestore", "--at", "yesterday")


def test_a_damaged_object_ends_with_its_own_code_and_changes_nothing(quick: Project) -> None:
    quick.run("dbbackup")
    (stored,) = quick.objects()
    content = stored.read_bytes()
    stored.write_bytes(content[:-1] + b"X")
    (quick.folder / "app.txt").write_text("changed since\n")
    code, message = quick.fails("dbrestore", "-d", "default", "--noinput")
    assert (code, "its SHA-256 differs from the one in its manifest" in message) == (5, True)
    assert (quick.folder / "app.txt").read_text() == "changed since\n"


# listbackups


def test_a_listing_as_json_is_one_document(quick: Project) -> None:
    assert json.loads(quick.run("listbackups", "--json")[0]) == []
    assert quick.run("listbackups")[0] == "No database backups found.\n"
    quick.run("dbbackup")
    (quick.remote / "db/default-2020-01-01-000000.dump").write_text("old")
    (quick.remote / "db/default-2020-01-03-000000-orpha1.dump").write_text("dead")
    listed = json.loads(quick.run("listbackups", "--json")[0])
    assert [one["state"] for one in listed] == ["good", "orphan", "unverified"]
    assert listed[0]["path"] == f"db/{quick.objects()[-1].name}"
    assert listed[0]["bytes"] == 400
    assert len(listed[0]["sha256"]) == 64
    output, errors = quick.run("listbackups")
    assert [line.split()[-2] for line in output.splitlines()] == ["state", "good", "orphan", "unverified"]
    assert errors == "db/default-2020-01-03-000000-orpha1.dump: orphan: its run did not finish.\n"


# Media


def test_media_go_there_and_come_back(project: Project) -> None:
    (project.media / "a b").mkdir()
    (project.media / "a b/größe.jpg").write_bytes(b"12345")
    (project.media / "old.jpg").write_bytes(b"1")
    output, _ = project.run("mediabackup")
    assert "2 files" in output
    assert project.stored() == {"media/a b/größe.jpg", "media/old.jpg", "manifests/media/media.json"}
    (project.media / "old.jpg").unlink()
    (project.media / "new.jpg").write_bytes(b"123")
    code, message = project.fails("mediarestore")
    assert (code, "Not a terminal" in message) == (2, True)
    assert (project.media / "new.jpg").exists()
    output, _ = project.run("mediarestore", "--noinput")
    assert "1 files copied (1 bytes), 1 deleted" in output.replace("1 file ", "1 files ").replace("1 byte)", "1 bytes)")
    assert sorted(path.name for path in project.media.rglob("*.jpg")) == ["größe.jpg", "old.jpg"]


def test_an_empty_or_missing_folder_is_not_put_over_a_full_mirror(project: Project) -> None:
    (project.remote / "media").mkdir(parents=True)
    (project.remote / "media/photo.jpg").write_bytes(b"12345")
    (project.media / "empty").mkdir()
    code, message = project.fails("mediabackup")
    assert (code, "is empty" in message, "--allow-empty" in message) == (2, True, True)
    assert project.stored() == {"media/photo.jpg"}
    project.run("mediabackup", "--allow-empty")
    assert project.stored() == {"manifests/media/media.json"}


def test_a_missing_folder_is_never_mirrored(project: Project) -> None:
    (project.media).rmdir()
    (project.remote / "media").mkdir(parents=True)
    (project.remote / "media/photo.jpg").write_bytes(b"12345")
    assert project.fails("mediabackup")[0] == 2
    code, message = project.fails("mediabackup", "--allow-empty")
    assert (code, "does not exist" in message) == (2, True)
    assert project.stored() == {"media/photo.jpg"}


def test_no_mirror_is_nothing_to_restore(project: Project) -> None:
    (project.media / "photo.jpg").write_bytes(b"1")
    assert project.fails("mediarestore", "--noinput")[0] == 6
    assert (project.media / "photo.jpg").exists()


def test_media_signals_are_sent_only_after_success(project: Project) -> None:
    heard: list[str] = []
    kept = []
    for name in ("pre_media_backup", "post_media_backup", "backup_failed"):

        def receiver(name: str = name, **_what: Any) -> None:
            heard.append(name)

        kept.append(receiver)
        getattr(signals, name).connect(receiver)
    (project.media / "photo.jpg").write_bytes(b"1")
    project.run("mediabackup")
    project.remote.joinpath("blocked").write_text("a file where the folder should be")
    project.set(MEDIA_BACKUP_DIR="blocked/media")
    assert project.fails("mediabackup")[0] in (1, 2)
    assert heard == ["pre_media_backup", "post_media_backup", "pre_media_backup", "backup_failed"]


def test_a_project_without_media_is_told(project: Project, settings: Settings) -> None:
    settings.MEDIA_ROOT = ""
    code, message = project.fails("mediabackup")
    assert (code, "MEDIA_ROOT is not set" in message) == (2, True)
