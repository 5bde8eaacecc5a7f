"""Whatever is wrong with an object, or dies during a restore, the database is as it was."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.contract.conftest import with_variants
from tests.contract.project import Project, Storage, alive, slow, written
from tests.contract.subjects import Subject
from tests.support.servers.ports import wait_until

MEGABYTES = 3


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def cut_by_a_byte(content: bytes) -> bytes:
    return content[:-1]


def cut_at_a_block(content: bytes) -> bytes:
    return content[: len(content) // 65536 * 65536]


def emptied(_content: bytes) -> bytes:
    return b""


def garbage(content: bytes) -> bytes:
    return os.urandom(len(content))


def flipped_at_the_beginning(content: bytes) -> bytes:
    return flip(content, 1000)


def flipped_in_the_middle(content: bytes) -> bytes:
    return flip(content, len(content) // 2)


def flipped_at_the_end(content: bytes) -> bytes:
    return flip(content, len(content) - 1)


def flip(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 0x10]) + content[position + 1 :]


DAMAGES = {
    "flipped": [flipped_in_the_middle],
    "others": [
        cut_in_half,
        cut_by_a_byte,
        cut_at_a_block,
        emptied,
        garbage,
        flipped_at_the_beginning,
        flipped_at_the_end,
    ],
}


@pytest.mark.representatives(
    *("sqlite-file-*", "postgresql-17-flipped", "mysql-9-flipped", "mariadb-11.8-flipped", "mongodb-flipped")
)
@pytest.mark.parametrize("damages", DAMAGES)
@with_variants
def test_a_damaged_object_is_refused_and_the_database_is_as_it_was(
    subject: Subject, project: Project, damages: str, tmp_path: Path
):
    subject.fill_simply(MEGABYTES)
    project.ok("dbbackup")
    (backup,) = project.backups()
    content = project.storage.copy(backup["path"], tmp_path / "object").read_bytes()
    subject.lose_words(1)
    before = subject.fingerprint()
    for damage in DAMAGES[damages]:
        project.storage.put(backup["path"], damage(content), tmp_path / "damaged")
        done = project.run("dbrestore", "--noinput", "-i", backup["path"])
        assert done.code == 5, (damage, done.err)
        assert "damaged" in done.error
        assert subject.fingerprint() == before, damage


@pytest.mark.representatives("sqlite-file")
@with_variants
def test_a_damaged_object_of_the_right_size_is_the_latest_until_it_is_read(
    subject: Subject, project: Project, tmp_path: Path
):
    subject.fill_simply(MEGABYTES)
    project.ok("dbbackup")
    (backup,) = project.backups()
    content = project.storage.copy(backup["path"], tmp_path / "object").read_bytes()
    subject.lose_words(1)
    before = subject.fingerprint()
    project.storage.put(backup["path"], flipped_at_the_end(content), tmp_path / "damaged")
    assert project.run("dbrestore", "--noinput").code == 5
    project.storage.put(backup["path"], cut_by_a_byte(content), tmp_path / "damaged")
    assert project.run("dbrestore", "--noinput").code == 6
    assert subject.fingerprint() == before


def test_swapped_objects_are_refused(typical: Subject, typical_project: Project, tmp_path: Path):
    storage = typical_project.storage
    typical.fill_simply(MEGABYTES)
    typical_project.ok("dbbackup")
    typical.rewrite_a_word()
    typical_project.ok("dbbackup")
    new, old = (backup["path"] for backup in typical_project.backups())
    contents = [storage.copy(path, tmp_path / "object").read_bytes() for path in (new, old)]
    storage.put(old, contents[0], tmp_path / "object")
    storage.put(new, contents[1], tmp_path / "object")
    before = typical.fingerprint()
    done = typical_project.run("dbrestore", "--noinput", "-i", old)
    assert done.code == 5, done.err
    assert typical.fingerprint() == before


def test_latest_leaves_a_damaged_one_aside_and_says_so(typical: Subject, typical_project: Project, tmp_path: Path):
    typical.fill_simply()
    typical_project.ok("dbbackup")
    typical.lose_words(1)
    typical_project.ok("dbbackup")
    newest = typical_project.backups()[0]
    typical_project.storage.put(newest["path"], b"", tmp_path / "empty")
    done = typical_project.run("dbrestore", "--noinput")
    assert done.code == 0
    assert "damaged" in done.err
    assert len(typical.words()) == 3


@pytest.fixture
def changed(subject: Subject, local: Storage) -> Project:
    """A project whose database has changed since its backup, and whose restore will take a while."""
    project = Project({"default": subject.database}, local, {**subject.options, "COMPRESSION": "none"})
    subject.fill_simply(megabytes=12)
    project.ok("dbbackup")
    subject.lose_words(1)
    project.options |= slow("4M")
    return project


@pytest.mark.representatives("postgresql-17-0.5")
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_client_that_is_killed_in_the_middle_changes_nothing(subject: Subject, changed: Project, share: float):
    before = subject.fingerprint()
    with changed.started("dbrestore", "--noinput") as run:
        cat = run.child("rclone", "cat", "/db/")
        wait_until(lambda: written(cat) > share * 12e6, "the stream", seconds=60)
        # Only now: MySQL's client also runs for a moment before the stream begins.
        client = run.child(*subject.client)
        os.kill(client, signal.SIGKILL)
        children = run.children()
        done = run.end()
        assert not any(alive(pid) for pid in children)
    assert done.code == 1, done.err
    assert 'Database "default"' in done.error
    assert subject.fingerprint() == before


@pytest.mark.representatives("sqlite-file-9", "postgresql-17-9")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_supervisor_that_dies_in_the_middle_changes_nothing(subject: Subject, changed: Project, number: int):
    before = subject.fingerprint()
    with changed.started("dbrestore", "--noinput") as run:
        run.child(*subject.client)
        cat = run.child("rclone", "cat", "/db/")
        wait_until(lambda: written(cat) > 6e6, "the stream", seconds=60)
        children = run.children()
        run.process.send_signal(number)
        run.process.wait(20)
        wait_until(lambda: not any(alive(pid) for pid in children), "the children's end", seconds=10)
    assert subject.fingerprint() == before
    changed.options.pop("RCLONE_FLAGS")
    changed.ok("dbrestore", "--noinput")
    assert len(subject.words()) == 3


@pytest.mark.representatives("sqlite-file")
@with_variants
def test_storage_that_dies_in_the_middle_changes_nothing(subject: Subject, changed: Project):
    before = subject.fingerprint()
    with changed.started("dbrestore", "--noinput") as run:
        run.child(*subject.client)
        cat = run.child("rclone", "cat", "/db/")
        wait_until(lambda: written(cat) > 6e6, "the stream", seconds=60)
        os.kill(cat, signal.SIGKILL)
        done = run.end()
    assert done.code == 1, done.err
    assert "rclone" in done.error
    assert subject.fingerprint() == before
