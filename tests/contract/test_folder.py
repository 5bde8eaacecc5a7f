"""The connector that docs/connectors.md shows, where its last step is interrupted or fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.project import Project, Storage, slow
from tests.contract.subjects.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.fill_with_everything()
    return made


@pytest.fixture
def project(folder: Folder, local: Storage) -> Project:
    made = Project({"default": folder.database}, local, folder.options)
    made.ok("dbbackup")
    return made


def beside(folder: Folder, ending: str) -> Path:
    return folder.path.with_name(f"index.{ending}")


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_swap_that_was_killed_is_finished_by_the_next_command(folder: Folder, project: Project, step: int):
    restored = folder.fingerprint()
    folder.path.rename(beside(folder, "new"))
    folder.path.mkdir()
    folder.path.rename(beside(folder, "old"))
    if step > 1:
        beside(folder, "new").rename(folder.path)
    if step > 2:
        beside(folder, "old").rmdir()
        beside(folder, "old").mkdir()  # half removed
    done = project.run("dbbackup")
    assert done.code == 0, done.err
    assert "an earlier restore was interrupted, and is finished first" in done.err
    assert folder.fingerprint() == restored
    assert not beside(folder, "new").exists()
    assert not beside(folder, "old").exists()


def test_a_swap_that_fails_leaves_what_was_there(folder: Folder, project: Project, tmp_path: Path):
    before = folder.fingerprint()
    (tmp_path / "bin").mkdir()
    # Moves what is there away, and fails to move the new one in.
    program = tmp_path / "bin/mv"
    program.write_text('#!/bin/sh\ncase "$2" in *.new) exit 1;; *) exec /bin/mv "$@";; esac\n')
    program.chmod(0o755)
    path = project.environment()["PATH"]
    done = project.run("dbrestore", "--noinput", PATH=f"{tmp_path / 'bin'}:{path}")
    assert done.code == 1
    assert 'Database "default": sh ended with exit code 1' in done.error
    assert folder.fingerprint() == before
    assert not beside(folder, "new").exists()
    assert not beside(folder, "old").exists()


def test_files_that_change_while_they_are_read_make_no_backup(folder: Folder, project: Project):
    there = project.storage.files()
    folder.fill_simply(megabytes=16)
    project.options |= {**slow("8M"), "COMPRESSION": "none"}
    with project.started("dbbackup") as run:
        run.child("tar --create")
        run.child("rclone", "rcat")
        with (folder.path / "payload").open("ab") as file:
            file.write(b"more")
        done = run.end()
    assert done.code == 1
    assert "file changed as we read it" in done.error
    assert project.storage.files() == there
