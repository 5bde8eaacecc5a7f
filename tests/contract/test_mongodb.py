"""What MongoDB alone does, or cannot do: no snapshot, a swap in steps, one restore at a time."""

from __future__ import annotations

import os
import secrets
import signal
import struct
from datetime import timedelta
from pathlib import Path
from typing import Any

import bson
import pytest

from django_rclone.db.mongodb.names import JOURNAL, is_internal
from django_rclone.db.mongodb.programs import restore_lock as lock
from tests.contract.project import Project, Storage, slow
from tests.contract.subjects.mongodb import WORDS, Mongodb
from tests.support.servers.ports import wait_until


@pytest.fixture
def project(mongodb: Mongodb, local: Storage) -> Project:
    return Project({"default": mongodb.database}, local, mongodb.options)


def test_that_a_dump_is_not_one_moment_is_said_once_and_in_the_manifest(mongodb: Mongodb, project: Project):
    mongodb.fill_simply()
    done = project.run("dbbackup")
    assert done.code == 0, done.err
    assert (done.out + done.err).count("not one moment") == 1
    (backup,) = project.backups()
    manifest = project.manifest(backup)
    assert manifest["consistency"] == "none"
    assert manifest["engine"] == "mongodb"
    assert manifest["name"] == mongodb.name
    assert manifest["tables"] == {"word": 3}
    assert manifest["server_version"].startswith(mongodb.db().command("buildInfo")["version"])
    assert manifest["client"].startswith("mongodump 100.")


def interrupted(project: Project, mongodb: Mongodb) -> None:
    """Kills a restore, with everything that belongs to it, while it puts collections into their places."""
    with project.started("dbrestore", "--noinput") as run:
        staged = -1

        def halfway() -> bool:
            nonlocal staged
            left = sum(is_internal(name) for name in mongodb.names())
            staged = max(staged, left)
            return 1 < left < staged - 1 and bool(mongodb.db()[JOURNAL].find_one({"journal": {"$exists": True}}))

        wait_until(halfway, "the middle of the swap", seconds=60)
        for pid in run.children():
            os.kill(pid, signal.SIGKILL)
        run.process.kill()
        run.process.wait()
    assert any(is_internal(name) for name in mongodb.names())


MANY = [f"many.{number:03}" for number in range(60)]


@pytest.mark.representatives("command1")
@pytest.mark.parametrize("command", [["dbbackup"], ["dbrestore", "--noinput"]])
def test_a_restore_that_is_killed_in_its_swap_is_finished_by_the_next_command(
    mongodb: Mongodb, project: Project, command: list[str]
):
    mongodb.fill_simply()
    for name in MANY:
        mongodb.db()[name].insert_one({"_id": 1})
    project.ok("dbbackup")
    before = mongodb.fingerprint()
    for name in MANY:
        mongodb.db()[name].update_one({}, {"$set": {"later": 1}})
    mongodb.add_later_things()
    interrupted(project, mongodb)
    assert mongodb.fingerprint() != before
    dry = project.run("dbrestore", "--dry-run")
    assert dry.code == 0
    assert "interrupted" in dry.err
    assert any(is_internal(name) for name in mongodb.names())
    done = project.run(*command)
    assert done.code == 0, done.err
    assert "interrupted" in done.err
    assert mongodb.fingerprint() == before


@pytest.fixture
def loading(mongodb: Mongodb, project: Project) -> Project:
    """A project whose restore will take a while to load."""
    project.options |= {"COMPRESSION": "none"}
    mongodb.fill_simply(megabytes=12)
    project.ok("dbbackup")
    mongodb.lose_words(1)
    return project


@pytest.mark.exhaustive
def test_what_a_killed_restore_had_staged_is_swept_by_the_next_backup(mongodb: Mongodb, loading: Project):
    loading.options |= slow("1M")
    with loading.started("dbrestore", "--noinput") as run:
        wait_until(lambda: sum(is_internal(name) for name in mongodb.names()) > 1, "a staged collection")
        run.process.kill()
        run.process.wait()
    loading.options.pop("RCLONE_FLAGS")
    loading.ok("dbbackup")
    assert sorted(mongodb.names()) == ["payload", "word"]
    assert len(mongodb.words()) == 2


@pytest.mark.exhaustive
def test_of_two_restores_the_second_is_refused_and_a_backup_meanwhile_is_whole(mongodb: Mongodb, loading: Project):
    slowly = Project(loading.databases, loading.storage, {**loading.options, **slow("2M")})
    with slowly.started("dbrestore", "--noinput") as run:
        wait_until(lambda: sum(is_internal(name) for name in mongodb.names()) > 1, "a staged collection")
        cat = run.child("rclone", "cat", "/db/")
        os.kill(cat, signal.SIGSTOP)  # it cannot end before the others have done what they came for
        second = loading.run("dbrestore", "--noinput")
        assert second.code == 4, second.err
        assert "under way" in second.error
        assert loading.run("dbrestore", "--dry-run").code == 4
        loading.ok("dbbackup")
        os.kill(cat, signal.SIGCONT)
        assert run.end().code == 0
    meanwhile = loading.backups()[0]
    assert set(loading.manifest(meanwhile)["tables"]) == {"word", "payload"}
    assert len(mongodb.words()) == 3
    loading.ok("dbrestore", "--noinput")
    assert len(mongodb.words()) == 2
    assert sorted(mongodb.names()) == ["payload", "word"]


@pytest.mark.exhaustive
def test_a_signal_in_the_middle_takes_back_what_was_staged(mongodb: Mongodb, loading: Project):
    loading.options |= slow("1M")
    with loading.started("dbrestore", "--noinput") as run:
        wait_until(lambda: sum(is_internal(name) for name in mongodb.names()) > 1, "a staged collection")
        run.process.send_signal(signal.SIGTERM)
        assert run.end().code == 143
    assert sorted(mongodb.names()) == ["payload", "word"]


def elsewhere(mongodb: Mongodb, minutes: float) -> None:
    """A restore on another machine, which said so many minutes ago that it lives."""
    lock.acquire(mongodb.db(), secrets.token_hex(4), os.getpid())
    beat = lock.now(mongodb.db()) - timedelta(minutes=minutes)
    mongodb.db()[JOURNAL].update_one({}, {"$set": {"space": "another boot/1", "host": "elsewhere", "beat": beat}})


@pytest.mark.exhaustive
def test_a_restore_on_another_machine_lives_as_long_as_it_says_so(mongodb: Mongodb, project: Project):
    mongodb.fill_simply()
    project.ok("dbbackup")
    elsewhere(mongodb, minutes=0)
    done = project.run("dbrestore", "--noinput")
    assert done.code == 4, done.err
    assert "elsewhere" in done.error
    project.ok("dbbackup")
    mongodb.db()[JOURNAL].update_one({}, {"$set": {"journal": {}}})
    assert project.run("dbbackup").code == 4  # it would be a mix
    mongodb.drop(JOURNAL)
    elsewhere(mongodb, minutes=2)
    project.ok("dbrestore", "--noinput")
    assert mongodb.names() == ["word"]


@pytest.mark.exhaustive
def test_a_restore_that_holds_its_turn_says_so_again_and_again(mongodb: Mongodb, loading: Project):
    loading.options |= slow("1M")
    with loading.started("dbrestore", "--noinput") as run:
        wait_until(lambda: JOURNAL in mongodb.names(), "the restore's document")

        def renewed() -> bool:
            document = lock.read(mongodb.db())
            assert document is not None
            return bool(document["beat"] > document["since"])

        wait_until(renewed, "a sign of life", seconds=30)
        run.process.terminate()
        run.end()


def archive_with_an_index_that_its_data_break(content: bytes) -> bytes:
    """Puts a unique index over a field with equal values into an archive's list of collections."""
    position, pieces = 4, [content[:4]]
    while (size := struct.unpack_from("<I", content, position)[0]) != 0xFFFFFFFF:
        entry = bson.decode(content[position : position + size])
        if entry.get("collection") == "word":
            index = '{"v": 2, "key": {"same": 1}, "name": "same", "unique": true}'
            entry["metadata"] = entry["metadata"].replace('"indexes":[', f'"indexes":[{index},', 1)
            assert index in entry["metadata"]
        pieces.append(bson.encode(entry))
        position += size
    return b"".join([*pieces, content[position:]])


def test_an_archive_that_fails_on_the_server_changes_nothing(mongodb: Mongodb, project: Project, tmp_path: Path):
    mongodb.fill_simply()
    mongodb.db().word.update_many({}, {"$set": {"same": 1}})
    project.options |= {"COMPRESSION": "none"}
    project.ok("dbbackup")
    (backup,) = project.backups()
    content = project.storage.copy(backup["path"], tmp_path / "object").read_bytes()
    broken = archive_with_an_index_that_its_data_break(content)
    project.storage.put("db/default-2026-01-01-000000.archive", broken, tmp_path / "broken")
    mongodb.lose_words(1)
    before = mongodb.fingerprint()
    done = project.run("dbrestore", "--noinput", "-i", "default-2026-01-01-000000.archive")
    assert done.code == 1, done.err
    assert "error creating indexes" in done.error
    assert "Nothing was changed" in done.error
    assert mongodb.fingerprint() == before
    assert not any(is_internal(name) for name in mongodb.names())


@pytest.mark.exhaustive
def test_a_document_that_the_server_refuses_ends_the_restore(mongodb: Mongodb, project: Project, tmp_path: Path):
    """Without --stopOnError mongorestore ends 0 and says how many documents it has left out."""
    mongodb.fill_simply()
    project.options |= {"COMPRESSION": "none"}
    project.ok("dbbackup")
    (backup,) = project.backups()
    content = project.storage.copy(backup["path"], tmp_path / "object").read_bytes()
    rows = [bson.encode({"_id": number, "text": text}) for number, text in WORDS.items()]
    assert rows[0] in content
    # mongorestore compares a checksum at the end of each collection only when all documents are in.
    project.storage.put("db/default-2026-01-01-000000.archive", content.replace(rows[1], rows[0]), tmp_path / "broken")
    before = mongodb.fingerprint()
    done = project.run("dbrestore", "--noinput", "-i", "default-2026-01-01-000000.archive")
    assert done.code in (1, 5), done.err
    assert mongodb.fingerprint() == before


def test_a_collection_that_a_backup_would_leave_out_is_no_secret(mongodb: Mongodb, project: Project):
    mongodb.fill_simply()
    mongodb.db()["__rs_of_the_app"].insert_one({})
    done = project.run("dbbackup")
    assert done.code == 2
    assert "__rs_of_the_app" in done.error
    assert "Rename it" in done.error


@pytest.mark.exhaustive
def test_a_backup_made_of_a_database_of_another_name_is_restored_into_ours(mongodb: Mongodb, project: Project):
    mongodb.fill_simply()
    project.ok("dbbackup")
    project.databases["default"]["NAME"] = mongodb.beside()
    project.ok("dbrestore", "--noinput")
    assert mongodb.words(mongodb.beside()) == list(WORDS.items())


@pytest.mark.exhaustive
def test_names_with_dots_come_back_by_whatever_the_server_allows(mongodb: Mongodb, project: Project):
    for name in ("fs.files", "a.b.c"):
        mongodb.db()[name].insert_one({"_id": 1, "name": name})
    project.ok("dbbackup")
    mongodb.db()["a.b.c"].drop()
    plan = project.ok("dbrestore", "--noinput")
    # What the probe asks is what the swap meets.
    renames: Any = None
    try:
        mongodb.db()["fs.files"].rename("fs.renamed")
        renames = True
    except Exception:  # whatever the server says, it does not
        renames = False
    assert ("copied into place" in plan) is not renames
    assert mongodb.db()["a.b.c"].find_one() == {"_id": 1, "name": "a.b.c"}
