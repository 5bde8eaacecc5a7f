"""Media files: mirrored, never erased by accident, restored."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects import Sqlite


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    (folder / "photos/ünï cödé").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / 'photos/ünï cödé/it\'s "quoted".jpg').write_bytes(bytes(range(256)))
    (folder / "photos/empty").touch()
    return folder


@pytest.fixture
def project(media: Path, storage: Storage) -> Project:
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nonexistent"}
    return Project({"default": sqlite}, storage, media_root=str(media))


SET_IT = "Set it to the folder of the media files."
RECORD = "manifests/media/media.json"
SHOP = "manifests/media/projects%2Fshop%2Fmedia.json"


def record(project: Project, path: str = RECORD) -> dict[str, Any]:
    """The mirror's record on the remote."""
    return json.loads(project.storage.rclone("cat", project.storage.path(path)).stdout)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.representatives("local", "s3", "crypt")
def test_files_come_back_and_what_was_added_later_goes(project: Project, media: Path):
    before = tree(media)
    assert "3 files copied" in project.ok("mediabackup")
    (media / "a.txt").write_text("changed")
    (media / "photos/empty").unlink()
    (media / "later.txt").write_text("later")
    assert "2 files copied" in project.ok("mediarestore", "--noinput")
    assert tree(media) == before


@pytest.mark.representatives("local", "crypt")
def test_only_what_changed_is_sent(project: Project, media: Path):
    project.ok("mediabackup")
    assert "0 files copied" in project.ok("mediabackup")
    (media / "a.txt").write_text("longer than before")
    (media / "photos/empty").unlink()
    changed = project.ok("mediabackup")
    assert "1 file copied" in changed
    assert "1 deleted" in changed


@pytest.mark.parametrize("state", ["empty", "missing", "empty folders"])
def test_an_unmounted_volume_never_erases_the_mirror(project: Project, media: Path, state: str):
    project.ok("mediabackup")
    there = project.storage.files()
    media.rename(media.with_name("unmounted"))
    if state != "missing":
        media.mkdir()
    if state == "empty folders":
        (media / "photos").mkdir()
    done = project.run("mediabackup")
    assert done.code == 2
    assert "--allow-empty" in done.error
    assert project.storage.files() == there


def test_allow_empty_deletes_the_mirror_of_an_empty_folder(project: Project, media: Path):
    project.ok("mediabackup")
    for path in [path for path in media.rglob("*") if path.is_file()]:
        path.unlink()
    assert "3 deleted" in project.ok("mediabackup", "--allow-empty")
    assert project.storage.files() == [RECORD]


def test_a_restore_asks_first_and_shows_what_it_would_change(project: Project, media: Path):
    project.ok("mediabackup")
    (media / "later.txt").write_text("later")
    done = project.run("mediarestore")
    assert done.code == 2
    assert "0 files to copy (0 bytes), 1 to delete" in done.out
    assert "--noinput" in done.error
    assert (media / "later.txt").exists()


def test_with_nothing_to_restore_nothing_is_deleted(project: Project, media: Path):
    before = tree(media)
    done = project.run("mediarestore", "--noinput")
    assert done.code == 6
    assert tree(media) == before


def test_listbackups_shows_the_mirror(project: Project):
    assert "No media backups found." in project.ok("listbackups", "--media")
    project.ok("mediabackup")
    listed = project.ok("listbackups", "--media")
    assert "a.txt" in listed
    assert "3 files, 257 B" in listed


def test_no_media_root(project: Project):
    project.media_root = ""
    for command in (["mediabackup"], ["mediarestore", "--noinput"]):
        done = project.run(*command)
        assert done.code == (2 if command == ["mediabackup"] else 6)


def test_a_media_root_that_is_a_file_is_named(project: Project, media: Path):
    project.ok("mediabackup")
    media.rename(media.with_name("moved"))
    media.write_text("a file")
    for command in (["mediabackup"], ["mediarestore", "--noinput"]):
        done = project.run(*command)
        assert (done.code, done.error) == (2, f"MEDIA_ROOT {media} is a file, not a folder. {SET_IT}")
    assert media.read_text() == "a file"


def test_the_record_has_the_time_of_the_last_backup(project: Project, media: Path):
    project.options["PROJECT"] = "shop"
    began = datetime.now(UTC)
    project.ok("mediabackup")
    first = record(project, SHOP)
    assert (first["folder"], first["project"]) == ("projects/shop/media", "shop")
    assert (first["copied"], first["deleted"]) == (3, 0)
    assert first["bytes"] >= 257  # as sent: what encrypts adds something
    started, finished = (datetime.fromisoformat(first[name]) for name in ("started_at", "finished_at"))
    assert started <= finished
    assert abs((started - began).total_seconds()) < 60
    project.ok("mediabackup")
    second = record(project, SHOP)
    assert second["copied"] == 0
    assert second["started_at"] > first["finished_at"]
    project.ok("mediarestore", "--noinput")
    assert record(project, SHOP) == second


def test_a_backup_that_fails_leaves_the_record(project: Project, media: Path):
    project.ok("mediabackup")
    before = record(project)
    project.options["MEDIA_FOLLOW_LINKS"] = True
    (media / "gone").symlink_to(media / "nowhere")
    failed = project.run("mediabackup")
    assert failed.code == 1
    assert "gone" in failed.error
    assert record(project) == before


def test_a_record_that_cannot_be_written_does_not_make_a_good_mirror_look_bad(media: Path, local: Storage):
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nonexistent"}
    project = Project({"default": sqlite}, local, media_root=str(media))
    (local.folder / "manifests").write_text("a file where the folder should be")
    done = project.run("mediabackup")
    assert done.code == 0, done.err
    assert "The media files are backed up, but their record manifests/media/media.json" in done.err
    assert len(project.storage.files()) == 4


def test_the_record_is_no_backup_and_prune_ignores_it(tmp_path: Path, media: Path, storage: Storage):
    subject = Sqlite(tmp_path, "file")
    subject.fill_simply()
    project = Project({"default": subject.database}, storage, {"DB_CLEANUP_KEEP": 1}, str(media))
    project.ok("mediabackup")
    for _round in range(2):
        project.ok("dbbackup", "--clean")
    assert [backup["state"] for backup in project.backups()] == ["good"]
    assert record(project)["copied"] == 3
