"""Backups whose verification failed: they are listed as failed, and neither restored nor counted."""

from __future__ import annotations

import dataclasses
import logging
from datetime import timedelta
from typing import Any

import pytest

from django_rclone import listing, prune, selection
from django_rclone.catalog import Backup, BackupState
from django_rclone.exceptions import NothingToRestore
from django_rclone.layout import verification_record
from django_rclone.layout.drill_result import DrillResult
from django_rclone.layout.verification_paths import Level
from django_rclone.layout.verification_record import LARGEST_RECORD, VerificationRecord
from django_rclone.retention import Policy, decide
from django_rclone.selection import Owner
from tests.rclone.test_catalog import NOW, Folder, Watched, folder, manifest, watched

__all__ = ["folder", "watched"]

US = Owner("", "default", "app")


def record(
    backup_id: str, problem: str = "", *, hours: float = 0, minutes: int = 1, **other: Any
) -> VerificationRecord:
    """The record of a verification, some minutes after the backup was begun."""
    described = manifest(backup_id, hours=hours)
    level = Level(other.pop("level", "read"))
    made = verification_record.describe(
        described,
        level,
        problem,
        verified_at=described.started_at + timedelta(minutes=minutes),
        seconds=1,
        host="web1",
        django_rclone="1.0.0",
    )
    return dataclasses.replace(made, **other)


def put(folder: Folder, made: VerificationRecord, content: bytes | None = None) -> None:
    folder.write(made.record_name.path, made.to_json().encode() if content is None else content)


def states(folder: Folder, alias: str = "") -> dict[str, str]:
    return {backup.id: backup.state.value for backup in folder.load(alias)}


def test_a_failed_backup_is_listed_with_the_reason(folder: Folder):
    folder.backup("aaaaa1", hours=1)
    put(folder, record("aaaaa1", "its end is missing", hours=1))
    (found,) = folder.load()
    assert found.state is BackupState.FAILED
    assert found.problem == "read verification of 2026-11-23T09:16:00Z: its end is missing"
    assert list(listing.remarks([found], NOW)) == [f"{found.path}: failed: {found.problem}."]
    assert listing.document(found)["verification"] == {
        "level": "read",
        "outcome": "failed",
        "verified_at": "2026-11-23T09:16:00Z",
    }


def test_the_latest_is_one_that_has_not_failed(folder: Folder, caplog: pytest.LogCaptureFixture):
    folder.backup("aaaaa1", hours=1)
    folder.backup("aaaaa2", hours=2)
    put(folder, record("aaaaa1", "its end is missing", hours=1))
    assert selection.latest(folder.load(), US, now=NOW).id == "aaaaa2"
    assert caplog.messages == [
        "A newer backup of default failed its verification and is skipped: read verification of "
        "2026-11-23T09:16:00Z: its end is missing."
    ]
    put(folder, record("aaaaa2", "it is empty", hours=2))
    with pytest.raises(NothingToRestore, match=r"no good backup, and 2 failed \(read verification of .*: its end"):
        selection.latest(folder.load(), US, now=NOW)


def test_a_failed_backup_does_not_count_for_retention(folder: Folder):
    for number in (1, 2, 3):
        folder.backup(f"aaaaa{number}", hours=number)
    put(folder, record("aaaaa1", "its end is missing", hours=1))
    kept = {
        one.backup.id: (one.keep, one.reasons[0])
        for one in decide(folder.load(), Policy(last=1), now=NOW, zone=NOW.tzinfo)  # type: ignore[arg-type]
    }
    assert kept == {
        "aaaaa1": (True, "failed: not counted"),
        "aaaaa2": (True, "the newest good backup"),
        "aaaaa3": (False, "kept by no rule"),
    }


def test_a_later_success_clears_a_failure_of_its_level_or_a_lower_one(folder: Folder):
    folder.backup("aaaaa1")
    put(folder, record("aaaaa1", "its end is missing"))
    put(folder, record("aaaaa1", level="hash", minutes=2))
    assert states(folder) == {"aaaaa1": "failed"}
    put(folder, record("aaaaa1", minutes=3))
    (found,) = folder.load()
    assert found.state is BackupState.GOOD
    assert found.problem == ""
    assert [name.path for name in found.verifications] == [
        record("aaaaa1", minutes=3).record_name.path,
        record("aaaaa1", level="hash", minutes=2).record_name.path,
        record("aaaaa1", "its end is missing").record_name.path,
    ]


def test_a_damaged_backup_stays_damaged(folder: Folder):
    folder.backup("aaaaa1")
    put(folder, record("aaaaa1", "its end is missing"))
    (folder.root / manifest("aaaaa1").objects[0].path).unlink()
    assert states(folder) == {"aaaaa1": "damaged"}


@pytest.mark.parametrize(
    "other",
    [{"project": "shop"}, {"source": "db2:5432"}, {"name": "theirs"}, {"sha256": "1" * 64}],
)
def test_the_record_of_another_owner_or_object_marks_nothing(
    folder: Folder, caplog: pytest.LogCaptureFixture, other: dict[str, str]
):
    folder.backup("aaaaa1")
    put(folder, record("aaaaa1", "its end is missing", **other))
    (found,) = folder.load()
    assert (found.state, found.verifications) == (BackupState.GOOD, ())
    assert [message.rpartition(" is ignored: ")[2] for message in caplog.messages] == ["it is of another backup."]


def test_the_success_of_another_owner_clears_nothing(folder: Folder):
    folder.backup("aaaaa1")
    put(folder, record("aaaaa1", "its end is missing"))
    put(folder, record("aaaaa1", minutes=5, project="shop"))
    assert states(folder) == {"aaaaa1": "failed"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it cannot be read"),
        (b"\x00\xff<html>\x1e", "it cannot be read"),
        (b'{"id": "aaaaa1"}', "it is damaged: KeyError('schema')"),
        (b'{"schema": 2, "id": "aaaaa1"}', "it has schema 2, and this version reads up to 1"),
        (record("bbbbb2", "its end is missing").to_json().encode(), "it cannot be read"),
        (record("aaaaa1").to_json().encode(), "it cannot be read"),
        (b" " * (LARGEST_RECORD + 1), "it has more than 65,536 bytes"),
        (b"[" * LARGEST_RECORD, "it cannot be read"),
    ],
)
def test_a_hostile_record_is_ignored_with_a_warning(
    folder: Folder, caplog: pytest.LogCaptureFixture, content: bytes, reason: str
):
    folder.backup("aaaaa1")
    folder.backup("bbbbb1", hours=1)
    put(folder, record("aaaaa1", "its end is missing"), content)
    put(folder, record("bbbbb1", "its end is missing", hours=1))
    assert states(folder) == {"aaaaa1": "good", "bbbbb1": "failed"}
    path = record("aaaaa1", "its end is missing").record_name.path
    assert caplog.messages == [f"The verification record {path} is ignored: {reason}."]


def test_records_of_backups_that_are_gone_are_not_read(watched: Watched):
    watched.there.backup("aaaaa1")
    put(watched.there, record("bbbbb1", "its end is missing"), b"garbage")
    (found,), calls, _read = watched.load({})
    assert (found.state, calls) == (BackupState.GOOD, 3)


def test_only_a_failure_costs_a_call(watched: Watched):
    for number in range(5):
        watched.there.backup(f"aaaaa{number}", hours=number)
        put(watched.there, record(f"aaaaa{number}", hours=number))
    backups, calls, _read = watched.load({})
    assert calls == 3
    assert {backup.verifications[0].level for backup in backups} == {Level.READ}
    for number in range(4):
        put(watched.there, record(f"aaaaa{number}", "its end is missing", hours=number, minutes=2))
    backups, calls, _read = watched.load({})
    assert calls == 4
    assert [backup.state.value for backup in backups] == ["failed"] * 4 + ["good"]


def test_pruning_removes_the_records_with_the_backup(folder: Folder):
    folder.backup("aaaaa1", hours=1)
    folder.backup("aaaaa2", hours=2)
    put(folder, record("aaaaa1", hours=1))
    put(folder, record("aaaaa2", "its end is missing", hours=2))
    put(folder, record("aaaaa2", hours=2, minutes=5))
    prune.remove(folder.remote, _of(folder, "aaaaa2"))
    names = sorted(path.name for path in (folder.root / "manifests").iterdir())
    assert [name.partition("aaaaa")[2][:1] for name in names] == ["1", "1"]


def _of(folder: Folder, backup_id: str) -> Backup:
    return next(backup for backup in folder.load() if backup.id == backup_id)


def test_a_listing_of_one_database_has_its_verifications(folder: Folder, caplog: pytest.LogCaptureFixture):
    folder.backup("aaaaa1")
    folder.backup("bbbbb1", database="default-x")
    put(folder, record("aaaaa1", "its end is missing"))
    caplog.set_level(logging.DEBUG)
    assert states(folder, "default") == {"aaaaa1": "failed"}
    assert states(folder, "default-x") == {"bbbbb1": "good"}


def test_the_recovery_time_is_that_of_the_newest_successful_drill(folder: Folder):
    def drilled(backup_id: str, seconds: float, *, hours: float, problem: str = "") -> VerificationRecord:
        result = DrillResult("x", "17", {"restore": seconds})
        return record(backup_id, problem, level="drill", hours=hours, drill=result)

    for number in (1, 2, 3):
        folder.backup(f"aaaaa{number}", hours=number)
    put(folder, drilled("aaaaa1", 1, hours=1, problem="it differs"))
    put(folder, drilled("aaaaa2", 2, hours=2))
    put(folder, drilled("aaaaa3", 3, hours=3))
    backups = folder.load()
    assert [backup.recovery_seconds for backup in backups] == [None, 2, None]
    assert listing.document(backups[1])["recovery_seconds"] == 2
    header, *rows = listing.table(backups, NOW)
    assert "restored in" in header
    assert [("2 s" in row or "2.0 s" in row) for row in rows] == [False, True, False]


def test_without_a_drill_the_list_has_no_recovery_time(folder: Folder):
    folder.backup("aaaaa1")
    put(folder, record("aaaaa1"))
    (found,) = folder.load()
    assert found.recovery_seconds is None
    assert "restored in" not in listing.table([found], NOW)[0]
