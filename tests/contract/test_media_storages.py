"""Media files on storages that keep little, and concurrent runs, by the management commands."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.project import Project, Storage
from tests.support.servers import serve_webdav

NO_DATABASE = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nonexistent"}}


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    (folder / "photos").mkdir(parents=True)
    (folder / "a.txt").write_text("before")
    (folder / "photos/b.txt").write_text("photos")
    return folder


@pytest.fixture
def webdav(tmp_path: Path) -> Iterator[Storage]:
    with serve_webdav(tmp_path) as server:
        yield Storage(server.remote, server.folder, server.environment)


@pytest.mark.representatives("False")
@pytest.mark.parametrize("encrypted", [False, True])
def test_webdav_gets_and_gives_what_changed_at_equal_size(media: Path, webdav: Storage, encrypted: bool):
    options = {"ENCRYPTION_PASSWORD": "password"} if encrypted else {}
    project = Project(NO_DATABASE, webdav, options, str(media))
    project.ok("mediabackup")
    for content in ("latest", "edited"):
        (media / "a.txt").write_text(content)
        done = project.run("mediabackup")
        assert done.code == 0, done.err
        assert "keeps neither times nor hashes" in done.err + done.out
        (media / "a.txt").write_text("broken")
        project.ok("mediarestore", "--noinput")
        assert (media / "a.txt").read_text() == content
    assert (media / "photos/b.txt").read_text() == "photos"


def test_of_three_runs_at_once_one_saves_and_the_others_give_the_reason(media: Path, local: Storage):
    project = Project(NO_DATABASE, local, {}, str(media))
    with project.started("mediabackup") as first:
        first.child("rclone", "sync", "--dry-run")  # it counts, so that it holds the lock and is not through
        os.kill(first.process.pid, signal.SIGSTOP)
        others = [project.run("mediabackup"), project.run("mediarestore", "--noinput")]
        os.kill(first.process.pid, signal.SIGCONT)
        assert first.end().code == 0
    assert others[0].code == 4
    assert "Another run is saving or restoring" in others[0].error
    assert others[1].code in (4, 6)  # there may be no mirror yet
    assert "0 files copied" in project.ok("mediabackup")


def test_each_project_restores_its_own(tmp_path: Path, storage: Storage):
    projects = []
    for name in ("shop", "blog"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "logo.txt").write_text(name)
        (folder / f"{name}.txt").write_text("own")
        projects.append(Project(NO_DATABASE, storage, {"PROJECT": name}, str(folder)))
    for project in projects:
        project.ok("mediabackup")
    for project in projects:
        folder = Path(project.media_root)
        (folder / "logo.txt").unlink()
        assert "1 file copied" in project.ok("mediarestore", "--noinput")
        assert (folder / "logo.txt").read_text() == folder.name
        listed = project.ok("listbackups", "--media")
        assert f"{folder.name}.txt" in listed
        assert "2 files" in listed


def test_overlapping_folders_stop_every_command(media: Path, local: Storage):
    project = Project(NO_DATABASE, local, {"MEDIA_BACKUP_DIR": "db/media"}, str(media))
    for command in (["mediabackup"], ["mediarestore", "--noinput"], ["dbbackup"], ["listbackups"]):
        done = project.run(*command)
        assert done.code == 2
        assert "would delete the backups of the databases" in done.error
    assert local.files() == []


def test_a_plan_is_shown_and_nothing_is_changed(media: Path, local: Storage):
    project = Project(NO_DATABASE, local, {}, str(media))
    project.ok("mediabackup")
    (media / "a.txt").unlink()
    assert "1 files to copy (6 bytes), 0 to delete" in project.ok("mediarestore", "--dry-run")
    assert not (media / "a.txt").exists()


def test_files_left_out_are_counted_and_named(media: Path, storage: Storage):
    (media / "link").symlink_to("a.txt")
    done = Project(NO_DATABASE, storage, {}, str(media)).run("mediabackup")
    assert done.code == 0
    assert "2 files copied" in done.out
    assert "1 left out" in done.out
    assert "1 symbolic link left out: link." in done.err
