"""The backup that a restore chooses, and the confirmation that it needs."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.cli.program import Program


@pytest.fixture
def two(program: Program) -> Program:
    """The program with two backups, of "first" and of "second", and "third" in the database."""
    program.ok("backup")
    program.write("second")
    program.ok("backup")
    program.write("third")
    return program


def test_exactly_one_backup_must_be_named_where_nobody_can_be_asked(two: Program):
    for arguments in ([], ["--yes"], ["--latest", "--id", "abc123"], ["--latest", "--input-path", "x"]):
        done = two.run("restore", *arguments)
        assert done.code == 2, arguments
        assert "usage: django-rclone restore" in done.err
    assert two.note() == "third"


def test_the_latest_is_the_newest_good_one(two: Program):
    two.ok("restore", "--latest")
    assert two.note() == "second"


def test_naming_a_backup_is_consent_where_nobody_sits(two: Program):
    _, oldest = two.listed()
    two.ok("restore", "--id", oldest["id"])
    assert two.note() == "first"
    two.ok("restore", "--input-path", two.listed()[0]["path"])
    assert two.note() == "second"
    two.ok("restore", "--input-path", oldest["path"].removeprefix("db/"))
    assert two.note() == "first"


@pytest.mark.exhaustive
def test_a_time_is_in_the_zone_that_is_set(two: Program):
    _, oldest = two.listed()
    two.ok("restore", "--at", oldest["when"])
    assert two.note() == "first"
    local = oldest["when"].partition("+")[0]
    assert two.run("restore", "--at", local, BACKUP_TIME_ZONE="Asia/Tokyo").code == 6
    assert two.note() == "first"
    two.ok("restore", "--at", local, BACKUP_TIME_ZONE="America/New_York")
    assert two.note() == "second"
    assert two.run("restore", "--at", "yesterday").code == 2


def test_a_dry_run_prints_every_command_and_changes_nothing(two: Program):
    shown = two.ok("restore", "--latest", "--dry-run")
    assert "target " in shown
    assert "commit " in shown
    assert two.note() == "third"


@pytest.mark.representatives("y-second")
@pytest.mark.parametrize(("answer", "restored"), [("y", "second"), ("n", "third"), ("", "third")])
def test_somebody_at_a_terminal_sees_the_plan_and_is_asked(two: Program, answer: str, restored: str):
    done = two.at_terminal(answer, "restore", "--latest")
    assert done.code == 0, done.err
    assert done.out.startswith("restore  db/default-")
    assert "Continue? [y/N]" in done.out
    assert two.note() == restored


@pytest.mark.exhaustive
def test_yes_at_a_terminal_does_not_ask(two: Program):
    done = two.at_terminal("n", "restore", "--latest", "--yes")
    assert done.code == 0, done.err
    assert two.note() == "second"


def test_somebody_at_a_terminal_may_choose_from_a_list(two: Program):
    done = two.at_terminal("2\ny", "restore")
    assert done.code == 0, done.err
    assert two.note() == "first"
    assert two.at_terminal("", "restore").code == 0
    assert two.at_terminal("3", "restore").code == 2
    assert two.note() == "first"


@pytest.mark.exhaustive
def test_an_id_or_a_path_that_is_not_there_is_nothing_to_restore(two: Program):
    for arguments in (["--id", "zzzzz9"], ["--input-path", "db/none.sqlite3"]):
        done = two.run("restore", *arguments)
        assert done.code == 6, arguments
        assert done.error.endswith("See `list`.")
    assert two.run("restore", "--input-path", "../../etc/passwd").code == 2
    assert two.note() == "third"


@pytest.mark.exhaustive
def test_a_damaged_backup_is_refused(two: Program):
    newest, _ = two.listed()
    (two.remote / newest["path"]).write_bytes(b"cut")
    done = two.run("restore", "--id", newest["id"])
    assert done.code == 5
    assert "is damaged" in done.error
    two.ok("restore", "--latest")
    assert two.note() == "first"


@pytest.mark.exhaustive
def test_what_a_dead_run_left_is_restored_only_by_its_path(two: Program):
    newest, _ = two.listed()
    (manifest,) = (two.remote / "manifests").glob(f"*{newest['id']}*")
    manifest.unlink()
    done = two.run("restore", "--id", newest["id"])
    assert done.code == 6
    assert "to restore it, pass --input-path" in done.error
    done = two.run("restore", "--input-path", newest["path"])
    assert done.code == 0, done.err
    assert "has no manifest" in done.err
    assert two.note() == "second"


def test_a_backup_of_before_manifests_needs_a_word(program: Program):
    (program.remote / "db").mkdir(parents=True)
    program.ok("backup", BACKUP_REMOTE=str(program.folder / "other"), BACKUP_COMPRESSION="none")
    (made,) = (program.folder / "other/db").iterdir()
    shutil.copy(made, program.remote / "db/default-2026-01-02-030405.sqlite3")
    program.write("second")
    done = program.run("restore", "--latest")
    assert done.code == 6
    assert "--unverified" in done.error
    program.ok("restore", "--latest", "--unverified")
    assert program.note() == "first"


def test_the_backups_of_another_project_are_restored_only_when_it_is_named(two: Program):
    unlabelled = two.run("restore", "--latest", BACKUP_PROJECT="staging")
    assert unlabelled.code == 6
    (path,) = re.findall(r"If it is yours, restore it with --input-path (\S+)\.", unlabelled.error)
    two.ok("restore", "--input-path", path, BACKUP_PROJECT="staging")
    two.write("second")
    two.ok("backup", BACKUP_PROJECT="production")
    two.write("fourth")
    two.ok("restore", "--latest", "--from-project", "production")
    assert two.note() == "second"
    other = two.run("restore", "--latest", BACKUP_PROJECT="other", DATABASE_URL=two.url("elsewhere"))
    assert other.code == 6
    assert "Is BACKUP_PROJECT right, or do you mean --from-project?" in other.error


def test_into_leaves_the_live_database_alone(two: Program):
    copy = two.path("copy")
    two.ok("restore", "--latest", "--into", str(copy))
    assert (two.note(), two.note("copy")) == ("third", "second")
    two.add("extra")
    done = two.run("restore", "--latest", "--into", str(copy))
    assert done.code == 2
    assert "--into restores one database" in done.error


def test_a_backup_first_saves_what_is_there(two: Program):
    two.ok("restore", "--latest", "--backup-first")
    assert two.note() == "second"
    two.ok("restore", "--latest")
    assert two.note() == "third"


@pytest.mark.exhaustive
def test_a_backup_first_that_fails_stops_the_restore(two: Program):
    (two.remote / "RESTORE.md").unlink()
    (two.remote / "RESTORE.md.partial").mkdir()  # in the way of the guide, and no manifest comes before that
    done = two.run("restore", "--latest", "--backup-first")
    assert done.code == 1
    assert "RESTORE.md.partial" in done.error
    assert two.note() == "third"


@pytest.mark.exhaustive
def test_each_database_of_a_restore_stands_alone(two: Program):
    two.add("extra")
    done = two.run("restore", "--latest")
    assert done.code == 3
    assert 'Database "extra": there is no good backup' in done.err
    assert two.note() == "second"
    dry = two.run("restore", "--latest", "--dry-run")
    assert dry.code == 3
    assert "cannot   " in dry.out


@pytest.mark.exhaustive
def test_different_recovery_points_are_said(program: Program):
    program.add("extra")
    program.ok("backup")
    assert "recovery points" not in program.run("restore", "--latest").err
    (manifest,) = (program.remote / "manifests").glob("*-extra-*")
    point = manifest.name.partition("-")[0]
    earlier = point.replace("20", "19", 1)
    manifest.with_name(manifest.name.replace(point, earlier)).write_text(manifest.read_text().replace(point, earlier))
    manifest.unlink()
    done = program.run("restore", "--latest")
    assert done.code == 0, done.err
    assert f"different recovery points: default {point}, extra {earlier}." in done.err


@pytest.mark.exhaustive
def test_a_backup_goes_to_the_database_that_it_was_made_of(two: Program):
    two.add("extra")
    two.write("extra", "extra")
    two.ok("backup", "--database", "extra")
    two.write("changed", "extra")
    (made,) = two.listed("--database", "extra")
    two.ok("restore", "--id", made["id"])
    assert (two.note(), two.note("extra")) == ("third", "extra")
    done = two.run("restore", "--id", made["id"], "--database", "default")
    assert done.code == 2
    assert 'is a backup of the database "extra"' in done.error


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--latest", option) for option in ("-d", "--database", "--into", "--from-project")),
        *((option,) for option in ("--id", "-i", "--input-path", "--at")),
    ],
    ids=" ".join,
)
def test_an_option_without_a_value_is_a_usage_error(program: Program, arguments: tuple[str, ...]):
    done = program.run("restore", *arguments, "")
    assert done.code == 2
    assert "is empty: is a shell variable not set" in done.err or "is not a valid time" in done.err
