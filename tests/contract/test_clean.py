"""Old backups go only after a new one is proven."""

from __future__ import annotations

from pathlib import Path

from tests.contract.project import Project, Storage
from tests.contract.subjects import Sqlite, Subject


def test_clean_keeps_the_newest_and_removes_object_and_manifest_of_the_rest(typical: Subject, typical_project: Project):
    typical.fill_simply()
    typical_project.options["DB_CLEANUP_KEEP"] = 2
    made = []
    for _round in range(3):
        typical_project.ok("dbbackup", "--clean")
        made.insert(0, typical_project.backups()[0]["id"])
    assert [backup["id"] for backup in typical_project.backups()] == made[:2]
    assert len(typical_project.storage.files()) == 5  # two objects, two manifests, the guide


def test_nothing_is_removed_after_a_failure(typical: Subject, typical_project: Project):
    typical.fill_simply()
    for _round in range(2):
        typical_project.ok("dbbackup")
    there = typical_project.storage.files()
    typical_project.options["DB_CLEANUP_KEEP"] = 1
    typical_project.databases["default"]["NAME"] = "/nonexistent/nowhere"
    assert typical_project.run("dbbackup", "--clean").code == 2
    assert typical_project.storage.files() == there


def test_without_clean_everything_is_kept(typical: Subject, typical_project: Project):
    typical.fill_simply()
    typical_project.options["DB_CLEANUP_KEEP"] = 1
    for _round in range(2):
        typical_project.ok("dbbackup")
    assert len(typical_project.backups()) == 2


def test_a_file_without_a_manifest_is_no_named_projects(tmp_path: Path, local: Storage):
    old = "db/default-2020-01-01-000000.sqlite3"
    subject = Sqlite(tmp_path, "file")
    subject.fill_simply()
    for name in ("shop", "blog"):
        local.put(old, b"made by 0.4", tmp_path / "old")
        project = Project({"default": subject.database}, local, {"PROJECT": name, "DB_CLEANUP_KEEP": 1})
        project.ok("dbbackup")
        project.ok("dbbackup", "--clean")
        assert old in local.files()
