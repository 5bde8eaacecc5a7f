"""Backup and restore, step by step: after any failure, nothing incomplete remains."""

from __future__ import annotations

import dataclasses
import gzip
import logging
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from django_rclone import backup, catalog, process, restore, signals
from django_rclone.backup import BackupRun
from django_rclone.catalog import Backup, BackupState
from django_rclone.command import Command
from django_rclone.db.base import Mode
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    NothingToRestore,
    ProgramFailed,
    VerificationFailed,
)
from django_rclone.layout.manifest import Manifest
from django_rclone.layout.object_paths import Scheme
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner
from tests.unit.plain import PlainConnector

STORAGE = str(Path(__file__).with_name("storage.sh"))
TEXT = "first line\n" + "so it goes\n" * 200
NAMES = Scheme("db", "{database}-{datetime}.{ext}", "%Y-%m-%d-%H%M%S")
NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
US = Owner("shop", "default", "")
ALL = {name: getattr(signals, name) for name in ("pre_db_backup", "post_db_backup", "backup_failed")} | {
    name: getattr(signals, name) for name in ("pre_db_restore", "post_db_restore", "restore_failed")
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The live database."""
    (tmp_path / "app.txt").write_text(TEXT)
    return tmp_path / "app.txt"


@pytest.fixture
def sent() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The signals that were sent, in order."""
    heard: list[tuple[str, dict[str, Any]]] = []

    def hear(name: str) -> Callable[..., None]:
        return lambda **what: heard.append(
            (name, {key: value for key, value in what.items() if key in ("database", "path", "error")})
        )

    receivers = {name: hear(name) for name in ALL}
    for name, receiver in receivers.items():
        ALL[name].connect(receiver, weak=False)
    yield heard
    for name, receiver in receivers.items():
        ALL[name].disconnect(receiver)


def database(file: Path, **scripts: Any) -> PlainConnector:
    return PlainConnector("default", {"NAME": str(file)}, scripts)


def a_run(remote: Remote, compression: tuple[str, int] = ("gzip", 6)) -> BackupRun:
    return BackupRun(
        remote,
        project="shop",
        names=NAMES,
        compression=compression,
        limits=process.Limits(),
        clock=lambda: NOW,
        randomness=random.Random(1),
    )


@pytest.fixture
def storage(remote: Remote) -> Remote:
    """The same folder by a stand-in for rclone, for what is tried many times."""
    return dataclasses.replace(remote, binary=STORAGE)


def failing(storage: Remote, pattern: str, instead: str = "exit 1") -> Remote:
    """The same remote by a program that fails when its arguments fit a shell pattern."""
    return dataclasses.replace(storage, env={"FAIL": pattern, "INSTEAD": instead})


def files(remote: Remote) -> set[str]:
    root = Path(remote.root)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


# Backup


def test_a_backup_is_an_object_and_its_manifest(remote: Remote, file: Path) -> None:
    made = backup.back_up(database(file), a_run(remote))
    (stored,) = made.objects
    assert stored.path == f"db/default-2026-11-23-101500-{made.id}.txt.gz"
    assert files(remote) == {stored.path, f"manifests/20261123T101500Z-default-{made.id}.json", "RESTORE.md"}
    content = Path(remote.root, stored.path).read_bytes()
    assert gzip.decompress(content).decode() == TEXT
    assert (stored.bytes, stored.raw_bytes) == (len(content), len(TEXT))
    (found,) = catalog.load(remote, NAMES)
    assert (found.state, found.manifest) == (BackupState.GOOD, made)
    assert (made.point, made.project, made.engine, made.name) == ("20261123T101500Z", "shop", "plain", str(file))
    assert (made.compression, made.format, made.client, made.consistency) == ("gzip:6", "text", "cat 1", "snapshot")
    assert (made.tables, made.migrations, made.server_version) == ({"lines": 3}, {"app": "0001"}, "1.0")


def test_the_command_line_in_the_manifest_restores_without_us(remote: Remote, file: Path, tmp_path: Path) -> None:
    made = backup.back_up(database(file), a_run(remote))
    script = made.restore.replace("FILE", str(tmp_path / "by hand.txt").replace(" ", "\\ "))
    process.run(process.Command(("sh", "-c", script)))
    assert (tmp_path / "by hand.txt").read_text() == TEXT


def test_what_the_dump_program_has_compressed_is_not_compressed_again(storage: Remote, file: Path) -> None:
    made = backup.back_up(database(file, compression="zstd:3"), a_run(storage))
    assert made.objects[0].path.endswith(".txt")
    assert made.objects[0].raw_bytes is None
    assert (made.compression, made.outer_compression) == ("zstd:3", "")
    assert Path(storage.root, made.objects[0].path).read_text() == TEXT
    file.write_text("changed since\n")
    restore.carry_out(planned(database(file), storage, made), process.Limits())
    assert file.read_text() == TEXT


def test_the_manifest_is_written_last_and_the_guide_just_before_the_first(
    storage: Remote, file: Path, tmp_path: Path
) -> None:
    run = a_run(dataclasses.replace(storage, env={"CALLS": str(tmp_path / "calls")}))
    made = [backup.back_up(database(file), run) for _ in range(2)]
    calls = [line.split() for line in (tmp_path / "calls").read_text().splitlines()]
    folders = [call[1].removeprefix(storage.root + "/").partition("/")[0] for call in calls if call[0] == "moveto"]
    assert folders == ["db", "RESTORE.md.partial", "manifests", "db", "manifests"]
    assert [call[0] for call in calls if call[0] not in ("backend", "lsjson", "cat")][-1] == "moveto"
    assert made[0].id != made[1].id
    assert made[0].point == made[1].point == "20261123T101500Z"


def test_signals_are_sent_around_a_backup(storage: Remote, file: Path, sent: list[tuple[str, dict[str, Any]]]) -> None:
    made = backup.back_up(database(file), a_run(storage))
    assert sent == [
        ("pre_db_backup", {"database": "default"}),
        ("post_db_backup", {"database": "default", "path": made.objects[0].path}),
    ]


def test_a_receiver_that_raises_spoils_nothing(storage: Remote, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    def receiver(**_what: Any) -> None:
        raise RuntimeError("broken receiver")

    signals.post_db_backup.connect(receiver)
    try:
        backup.back_up(database(file), a_run(storage))
    finally:
        signals.post_db_backup.disconnect(receiver)
    assert len(files(storage)) == 3
    assert "broken receiver" in caplog.text


@pytest.mark.parametrize(
    "script", ["exit 1", 'cat "$0"; exit 1', 'cat "$0"; kill -9 $$', 'cat "$0"; cat "$0"; exec >&-; exit 1']
)
def test_a_dump_that_fails_leaves_nothing(
    storage: Remote, file: Path, script: str, sent: list[tuple[str, dict[str, Any]]]
) -> None:
    with pytest.raises(ProgramFailed) as failed:
        backup.back_up(database(file, dump=script), a_run(storage))
    assert files(storage) == set()
    assert sent == [
        ("pre_db_backup", {"database": "default"}),
        ("backup_failed", {"database": "default", "error": failed.value}),
    ]


@pytest.mark.parametrize(
    ("pattern", "instead", "left"),
    [
        ("backend*", "exit 1", set()),
        ("rcat*/db/*", "cat > /dev/null; exit 1", set()),
        ("rcat*/db/*", "head -c 1 > /dev/null; exit 1", set()),
        ("moveto*/db/*", "exit 1", set()),
        # rclone stores half, and reports success.
        ("rcat*/db/*", 'head -c 20 | FAIL= "$0" "$@"; cat > /dev/null; exit 0', set()),
        ("moveto*/db/*", "exit 0", set()),
        ("rcat*RESTORE.md*", "exit 1", set()),
        ("rcat*/manifests/*", "exit 1", {"RESTORE.md"}),
        ("moveto*/manifests/*", "exit 1", {"RESTORE.md"}),
        ("rcat*/manifests/*", 'head -c 20 | FAIL= "$0" "$@"; cat > /dev/null; exit 0', {"RESTORE.md"}),
        ("moveto*/manifests/*", "exit 0", {"RESTORE.md"}),
        # rclone succeeds, and fails afterwards.
        ("moveto*/manifests/*", 'FAIL= "$0" "$@"; exit 1', {"RESTORE.md"}),
    ],
)
def test_storage_that_fails_at_any_step_keeps_no_backup(
    storage: Remote, file: Path, pattern: str, instead: str, left: set[str]
) -> None:
    with pytest.raises(DjangoRcloneError):
        backup.back_up(database(file), a_run(failing(storage, pattern, instead)))
    assert files(storage) == left


def test_a_failed_probe_stops_before_anything_is_written(storage: Remote, file: Path) -> None:
    with pytest.raises(ProgramFailed):
        backup.back_up(database(file, probe="exit 1", dump='touch "$0.dumped"'), a_run(storage))
    assert files(storage) == set()
    assert not file.with_name("app.txt.dumped").exists()


def test_what_people_should_know_of_a_dump_is_said(
    storage: Remote, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backup.back_up(database(file, notes=["MyISAM has no snapshots."]), a_run(storage))
    assert 'Database "default": MyISAM has no snapshots.' in caplog.messages


# Restore


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A remote with one backup, to be copied."""
    folder = tmp_path_factory.mktemp("backed-up")
    (folder / "app.txt").write_text(TEXT)
    remote = Remote(str(folder / "remote"), binary=STORAGE)
    return folder / "remote", backup.back_up(database(folder / "app.txt"), a_run(remote))


@pytest.fixture
def fast(storage: Remote, file: Path, backed_up: tuple[Path, Manifest]) -> Manifest:
    """A backup; the live database has changed since."""
    source, manifest = backed_up
    shutil.copytree(source, storage.root, dirs_exist_ok=True)
    file.write_text("changed since\n")
    return manifest


def planned(
    connector: PlainConnector, remote: Remote, made: Manifest, *, finish: bool = True
) -> restore.PlannedRestore:
    (stored,) = made.objects
    chosen = Backup(made.id, made.database, stored.path, made.started_at, stored.bytes, BackupState.GOOD, made)
    return restore.plan(connector, remote, chosen, Mode(), finish=finish)


def test_a_restore_brings_everything_back(remote: Remote, file: Path, sent: list[tuple[str, dict[str, Any]]]) -> None:
    made = backup.back_up(database(file), a_run(remote))
    file.write_text("changed since\n")
    sent.clear()
    chosen = restore.latest(remote, NAMES, Owner("shop", "default", str(file)))
    plan = restore.plan(database(file), remote, chosen, Mode())
    assert file.read_text() == "changed since\n"
    restore.carry_out(plan, process.Limits())
    assert file.read_text() == TEXT
    assert not file.with_name("app.txt.new").exists()
    about = {"database": "default", "path": made.objects[0].path}
    assert sent == [("pre_db_restore", about), ("post_db_restore", about)]


def test_a_plan_says_what_would_be_done_and_does_nothing(storage: Remote, file: Path, fast: Manifest) -> None:
    before = {path: path.stat().st_mtime_ns for path in file.parent.rglob("*")}
    text = str(planned(database(file), storage, fast))
    assert {path: path.stat().st_mtime_ns for path in file.parent.rglob("*")} == before
    assert text.startswith(f"restore  {fast.objects[0].path}, made 2026-11-23 10:15:00")
    assert f"target   the file {file}\nnote     It begins with first line.\nprepare  sh -c " in text
    assert "abort    sh -c" in text


def test_what_is_loaded_in_place_is_verified_as_a_whole_before_anything_is_done(
    storage: Remote, file: Path, fast: Manifest
) -> None:
    plan = planned(database(file, prepare='mv "$0" "$0.begun"'), storage, fast)
    seen = file.with_name("seen")
    look = Command(("sh", "-c", f'test ! -e "$0.begun" && cat > {seen}', str(file)))
    verified = dataclasses.replace(plan, plan=dataclasses.replace(plan.plan, verify=(look,)))
    assert "\nverify   sh -c" in str(verified)
    path = Path(storage.root, fast.objects[0].path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    with pytest.raises(VerificationFailed, match="is damaged"):
        restore.carry_out(verified, process.Limits())
    assert file.read_text() == "changed since\n"
    path.write_bytes(whole)
    restore.carry_out(verified, process.Limits())
    assert seen.read_text() == TEXT
    assert file.with_name("app.txt.begun").read_text() == "changed since\n"


def test_a_restore_that_is_in_place_anyway_says_that_the_flag_changes_nothing(
    storage: Remote, file: Path, fast: Manifest
) -> None:
    (stored,) = fast.objects
    chosen = Backup(fast.id, fast.database, stored.path, fast.started_at, stored.bytes, BackupState.GOOD, fast)
    plan = restore.plan(database(file), storage, chosen, Mode(in_place=True))
    assert "note     --in-place has no effect" in plan.summary


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda _content: b"",
        lambda content: content + b"more",
        lambda content: bytes([content[0] ^ 1]) + content[1:],
        lambda content: content[:-20] + bytes([content[-20] ^ 1]) + content[-19:],
        lambda content: gzip.compress(gzip.decompress(content).replace(b"goes", b"went")),
    ],
)
def test_an_object_that_is_not_what_its_manifest_promises_changes_nothing(
    storage: Remote, file: Path, fast: Manifest, damage: Callable[[bytes], bytes]
) -> None:
    plan = planned(database(file, prepare=":", abort=":"), storage, fast)
    path = Path(storage.root, fast.objects[0].path)
    path.write_bytes(damage(path.read_bytes()))  # after the plan was made
    with pytest.raises(VerificationFailed, match="is damaged"):
        restore.carry_out(plan, process.Limits())
    assert file.read_text() == "changed since\n"
    staged = file.with_name("app.txt.new")
    # The held-back end was never given; the program may have been ended before it opened its file.
    assert not staged.exists() or len(staged.read_text()) <= len(TEXT) - 10


@pytest.mark.parametrize(
    ("step", "script"),
    [
        ("prepare", "exit 1"),
        ("load", "exit 1"),
        ("load", "cat > /dev/null; exit 1"),
        ("load", "head -c 5 > /dev/null; kill -9 $$"),
        ("commit", "exit 1"),
    ],
)
@pytest.mark.parametrize("abort", ["", "exit 1"])
def test_a_restore_that_fails_at_any_step_changes_nothing(
    storage: Remote, file: Path, fast: Manifest, step: str, script: str, abort: str, sent: list[tuple[str, Any]]
) -> None:
    aborting = 'echo aborted > "$0.aborted"; rm -f "$0.new"; ' + abort
    plan = planned(database(file, **{step: script, "abort": aborting}), storage, fast)
    with pytest.raises(ProgramFailed) as failed:
        restore.carry_out(plan, process.Limits())
    assert file.read_text() == "changed since\n"
    assert file.with_name("app.txt.aborted").exists()
    assert not file.with_name("app.txt.new").exists()
    assert [name for name, _what in sent] == ["pre_db_restore", "restore_failed"]
    assert sent[-1][1]["error"] is failed.value


def test_storage_that_fails_in_a_restore_changes_nothing(storage: Remote, file: Path, fast: Manifest) -> None:
    plan = planned(database(file), storage, fast)
    broken = failing(storage, "cat*/db/*", 'FAIL= "$0" "$@"; exit 1')
    with pytest.raises(DjangoRcloneError, match="no way"):
        restore.carry_out(dataclasses.replace(plan, remote=broken), process.Limits())
    assert file.read_text() == "changed since\n"


# What an interrupted restore has left


@pytest.fixture
def interrupted(file: Path) -> Path:
    """A restore was interrupted in its commit; the remaining steps are in files next to the database."""
    journal = file.with_name("app.txt.journal")
    journal.write_text("restored before\n")
    return journal


def test_an_interrupted_restore_is_finished_before_a_backup(
    storage: Remote, file: Path, interrupted: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = backup.back_up(database(file), a_run(storage, ("none", 0)))
    assert Path(storage.root, made.objects[0].path).read_text() == "restored before\n"
    assert not interrupted.exists()
    assert "an earlier restore was interrupted, and is finished first" in caplog.text


def test_an_interrupted_restore_is_finished_before_the_next_plan(
    storage: Remote, file: Path, fast: Manifest, interrupted: Path
) -> None:
    planned(database(file), storage, fast)
    assert file.read_text() == "restored before\n"
    assert not interrupted.exists()


def test_a_dry_run_only_says_that_a_restore_was_interrupted(
    storage: Remote, file: Path, fast: Manifest, interrupted: Path, caplog: pytest.LogCaptureFixture
) -> None:
    planned(database(file), storage, fast, finish=False)
    assert file.read_text() == "changed since\n"
    assert interrupted.exists()
    assert "the next command finishes it" in caplog.text


def test_what_cannot_be_finished_stops_the_run(storage: Remote, file: Path, interrupted: Path) -> None:
    with pytest.raises(DjangoRcloneError, match="sh ended with exit code 1"):
        backup.back_up(database(file, finish="exit 1"), a_run(storage))
    assert interrupted.exists()
    assert files(storage) == set()


def test_a_backup_of_another_engine_is_refused(storage: Remote, file: Path, fast: Manifest) -> None:
    with pytest.raises(ConfigurationError, match=r'"default" is plain; .* is a backup of mysql'):
        planned(database(file), storage, dataclasses.replace(fast, engine="mysql"))


# A backup named by its path


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Remote, list[Backup]]:
    """A remote with everything that can be named, and its listing."""
    root = tmp_path_factory.mktemp("remote")
    remote = Remote(str(root), binary=str(Path(sys.executable).with_name("rclone")))
    for path in (
        *("db/default-2026-11-20-101500-orpha1.txt", "db/default-2026-11-20-101500.txt", "db/by-hand.txt"),
        *("db/old/x.txt", "db/old/x.txt.partial", "db/default-2026-11-20-101500-parti1.txt.partial"),
        "db/second-2026-11-20-101500.txt",
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(TEXT)
    source = root / "app.txt"
    source.write_text(TEXT)
    for moment in (NOW, NOW.replace(year=2025)):
        run = a_run(dataclasses.replace(remote, binary=STORAGE))
        run.clock, run.point = lambda moment=moment: moment, ""
        run.__post_init__()
        made = backup.back_up(database(source), run)
    (root / made.objects[0].path).write_text("short")  # the older one is damaged
    return remote, catalog.load(remote, NAMES)


@pytest.fixture
def by_path(listed: tuple[Remote, list[Backup]], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Backup]:
    """``restore.by_path`` on the listed remote."""
    remote, backups = listed
    monkeypatch.setattr(catalog, "load", lambda *_: backups)
    return lambda path, owner=US: restore.by_path(remote, NAMES, owner, path)


def _state(listed: tuple[Remote, list[Backup]], state: BackupState) -> Backup:
    (found,) = [found for found in listed[1] if found.state is state]
    return found


def test_a_path_may_begin_with_the_folder_or_not(
    by_path: Callable[..., Backup], listed: tuple[Remote, list[Backup]]
) -> None:
    good = _state(listed, BackupState.GOOD)
    assert by_path(good.path) == by_path(good.file) == good


def test_a_backup_from_before_the_folder_was_changed_is_chosen_as_it_is_listed(
    listed: tuple[Remote, list[Backup]],
) -> None:
    remote, _backups = listed
    good = _state(listed, BackupState.GOOD)
    moved = dataclasses.replace(NAMES, folder="new")
    assert good in catalog.load(remote, moved)
    assert restore.by_path(remote, moved, US, good.path) == restore.by_path(remote, moved, US, good.file) == good


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "./a", "a\\b", "db/"])
def test_a_path_that_leads_elsewhere_is_refused(by_path: Callable[..., Backup], path: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a path in the backup folder"):
        by_path(path)


def test_what_is_not_there_is_nothing_to_restore(by_path: Callable[..., Backup]) -> None:
    with pytest.raises(NothingToRestore, match=r"^There is no db/none\.dump on the remote"):
        by_path("none.dump")


@pytest.mark.parametrize(
    ("path", "state", "words"),
    [
        ("db/default-2026-11-20-101500-orpha1.txt", BackupState.ORPHAN, "its run was interrupted"),
        ("db/default-2026-11-20-101500.txt", BackupState.UNVERIFIED, "its content cannot be verified"),
        ("db/by-hand.txt", BackupState.UNVERIFIED, "its content cannot be verified"),
        ("db/old/x.txt", BackupState.UNVERIFIED, "its content cannot be verified"),
    ],
)
def test_what_is_not_proven_is_restored_by_path_with_a_warning(
    by_path: Callable[..., Backup], path: str, state: BackupState, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "django_rclone"):
        assert by_path(path).state is state
    assert words in caplog.text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("db/default-2026-11-20-101500-parti1.txt.partial", "is incomplete"),
        ("db/old/x.txt.partial", "is incomplete"),
        ("db/second-2026-11-20-101500.txt", 'is a backup of the database "second"'),
    ],
)
def test_what_cannot_be_meant_is_refused_by_path(by_path: Callable[..., Backup], path: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        by_path(path)


def test_a_damaged_backup_is_refused_by_path(
    by_path: Callable[..., Backup], listed: tuple[Remote, list[Backup]]
) -> None:
    with pytest.raises(VerificationFailed, match="is damaged"):
        by_path(_state(listed, BackupState.DAMAGED).path)


def test_a_backup_of_another_project_is_restored_by_path_with_a_warning(
    by_path: Callable[..., Backup], listed: tuple[Remote, list[Backup]], caplog: pytest.LogCaptureFixture
) -> None:
    by_path(_state(listed, BackupState.GOOD).path, Owner("other", "default", ""))
    assert "was made by the project 'shop', not by this one" in caplog.text
