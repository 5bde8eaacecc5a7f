"""A verification finds what is wrong with a backup, and says what its level can find."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from django_rclone import streams
from tests.contract.conftest import with_variants
from tests.contract.project import Project, Storage
from tests.contract.subjects import Subject
from tests.contract.test_restore_faults import cut_in_half, flipped_in_the_middle

MEGABYTES = 1


def change_content(project: Project, backup: dict[str, Any], change: Callable[[bytes], bytes], tmp: Path) -> None:
    """Changes what the object holds (below its compression), and makes the manifest right again."""
    manifest = project.manifest(backup)
    stored = manifest["objects"][0]
    content = project.storage.copy(backup["path"], tmp / "object").read_bytes()
    method = manifest["compression"].partition(":")[0] if stored["raw_bytes"] is not None else ""
    if method:
        unpacked = streams.Decompressor(method)
        content = b"".join([*unpacked.feed(content), *unpacked.finish()])
    content = change(content)
    if method:
        stored["raw_bytes"] = len(content)
        packed = streams.Compressor(method, 3)
        content = b"".join([*packed.feed(content), *packed.finish()])
    stored |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    project.storage.put(backup["path"], content, tmp / "object")
    (path,) = [path for path in project.storage.files() if path.endswith(manifest_name(backup, manifest))]
    project.storage.put(path, json.dumps(manifest).encode(), tmp / "manifest")


def manifest_name(backup: dict[str, Any], manifest: dict[str, Any]) -> str:
    return f"{manifest['point']}-{backup['database']}-{backup['id']}.json"


def records(storage: Storage) -> list[str]:
    return [path for path in storage.files() if "/verification-" in path]


@pytest.mark.representatives("sqlite-file")
@with_variants
def test_a_good_backup_passes_at_each_level(subject: Subject, project: Project, tmp_path: Path):
    subject.fill_with_everything()
    project.ok("dbbackup")
    (backup,) = project.backups()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for level in ("hash", "read"):
        said = project.ok("backupverify", "--level", level, TMPDIR=str(scratch))
        assert f"{backup['path']} passed ({level}, " in said
        (found,) = project.backups()
        assert (found["state"], found["verification"]["level"]) == ("good", level)
        assert found["verification"]["outcome"] == "passed"
    # The higher level proves what the lower one did.
    assert len(records(project.storage)) == 1
    assert list(scratch.iterdir()) == []
    project.ok("dbrestore", "--noinput")


@pytest.mark.exhaustive
@with_variants
def test_a_flipped_byte_and_a_cut_are_found_at_each_level(subject: Subject, project: Project, tmp_path: Path):
    subject.fill_simply(MEGABYTES)
    project.ok("dbbackup")
    (backup,) = project.backups()
    content = project.storage.copy(backup["path"], tmp_path / "object").read_bytes()
    for level in ("hash", "read"):
        project.storage.put(backup["path"], flipped_in_the_middle(content), tmp_path / "damaged")
        done = project.run("backupverify", "--level", level, "--id", backup["id"])
        assert done.code == 5, done.err
        assert f"{backup['path']} failed its verification ({level}): the object is damaged: its SHA-256" in done.error
        assert project.backups()[0]["state"] == "failed"
        assert project.run("dbrestore", "--noinput").code == 6
        project.storage.put(backup["path"], content, tmp_path / "good")
        project.ok("backupverify", "--level", level, "--all")
        assert project.backups()[0]["state"] == "good"
    project.storage.put(backup["path"], cut_in_half(content), tmp_path / "damaged")
    before = records(project.storage)
    done = project.run("backupverify", "--all")
    assert done.code == 5, done.err
    assert "according to its manifest" in done.error
    assert records(project.storage) == before


@pytest.mark.representatives("postgresql-17", "mysql-9")
@with_variants
def test_a_cut_dump_with_the_right_hash_passes_hash_and_not_read(subject: Subject, project: Project, tmp_path: Path):
    subject.fill_simply(MEGABYTES)
    project.ok("dbbackup")
    (backup,) = project.backups()
    change_content(project, backup, cut_in_half, tmp_path)
    project.ok("backupverify", "--level", "hash")
    assert project.backups()[0]["state"] == "good"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = project.run("backupverify", TMPDIR=str(scratch))
    assert done.code == 5, done.err
    assert f"{backup['path']} failed its verification (read): " in done.error
    assert list(scratch.iterdir()) == []
    (failed,) = project.backups()
    assert (failed["state"], failed["verification"]["outcome"]) == ("failed", "failed")
    # Reading the bytes again is not enough to trust it.
    project.ok("backupverify", "--level", "hash", "--id", backup["id"])
    assert project.backups()[0]["state"] == "failed"


def test_a_verification_connects_to_no_database(typical: Subject, typical_project: Project):
    typical.fill_simply()
    typical_project.ok("dbbackup")
    typical_project.databases["default"] |= {"PORT": "1"} if "PORT" in typical.database else {}
    assert "passed (read" in typical_project.ok("backupverify")


@pytest.mark.representatives("crypt")
def test_a_verification_on_each_storage(postgresql: Subject, storage: Storage, tmp_path: Path):
    project = Project({"default": postgresql.database}, storage, postgresql.options)
    postgresql.fill_simply()
    project.ok("dbbackup")
    project.ok("backupverify")
    (backup,) = project.backups()
    assert backup["verification"]["outcome"] == "passed"
    assert len(records(storage)) == 1
    change_content(project, backup, cut_in_half, tmp_path)
    assert project.run("backupverify").code == 5
    assert project.backups()[0]["state"] == "failed"
