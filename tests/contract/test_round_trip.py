"""What was backed up comes back: all of it, and nothing else."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.contract.conftest import with_variants
from tests.contract.project import Project, Storage, base_env
from tests.contract.subjects import Sqlite, Subject
from tests.contract.subjects.postgresql import Postgresql


@pytest.mark.representatives("postgresql-17", "mysql-9", "mariadb-*", "mongodb", "sqlite-*", "folder")
@with_variants
def test_everything_comes_back_over_a_database_that_was_changed_in_every_way(subject: Subject, project: Project):
    subject.fill_with_everything()
    before = subject.fingerprint()
    project.ok("dbbackup")
    subject.change_everything()
    assert subject.fingerprint() != before
    project.ok("dbrestore", "--noinput")
    assert subject.fingerprint() == before
    # and a second time, over what was restored
    project.ok("dbrestore", "--noinput")
    assert subject.fingerprint() == before


@pytest.mark.representatives("sqlite-file", "postgresql-17")
def test_a_table_a_view_and_a_column_made_after_the_backup_are_gone(subject: Subject, project: Project):
    subject.fill_simply()
    project.ok("dbbackup")
    subject.add_later_things()
    subject.lose_words(1)
    project.ok("dbrestore", "--noinput")
    assert subject.words() == [(1, "one"), (2, "two"), (3, "zwölf")]
    assert not {"later", "later_view"} & set(subject.names())


@pytest.mark.representatives("*sqlite*sftp*", "*sqlite*crypt*", "*postgresql*s3*")
def test_every_remote_brings_it_back(typical: Subject, storage: Storage):
    project = Project({"default": typical.database}, storage, typical.options)
    typical.fill_simply(megabytes=12)
    rows = typical.payload()
    project.ok("dbbackup")
    backup, *none = project.backups()
    assert not none
    assert backup["state"] == "good"
    if storage.encrypted:
        assert not [path for path in storage.folder.rglob("*") if "default" in path.name]
    typical.lose_words()
    typical.drop("payload")
    project.ok("dbrestore", "--noinput")
    assert typical.words() == [(1, "one"), (2, "two"), (3, "zwölf")]
    assert typical.payload() == rows


@pytest.mark.representatives("*sqlite*crypt*")
def test_nothing_but_objects_manifests_and_the_guide_lies_on_the_remote(typical: Subject, storage: Storage):
    project = Project({"default": typical.database}, storage, typical.options)
    typical.fill_simply()
    project.ok("dbbackup")
    project.ok("dbbackup")
    assert [name.partition("/")[0] for name in storage.files()] == ["RESTORE.md", "db", "db", "manifests", "manifests"]


@pytest.mark.representatives("sqlite-file", "postgresql-17")
@with_variants
def test_into_restores_beside_and_leaves_the_live_database_alone(subject: Subject, project: Project):
    subject.fill_with_everything()
    then = subject.fingerprint()
    project.ok("dbbackup")
    subject.change_everything()
    now = subject.fingerprint()
    name = subject.beside()
    project.ok("dbrestore", "--noinput", "--into", name)
    assert subject.fingerprint(name) == then
    assert subject.fingerprint() == now
    again = project.run("dbrestore", "--noinput", "--into", name)
    assert again.code == 2, again.err
    assert name in again.error


@pytest.mark.representatives("sqlite-file", "postgresql-17")
def test_a_restore_into_a_database_that_lost_everything(subject: Subject, project: Project):
    subject.fill_simply()
    project.ok("dbbackup")
    subject.drop("word")
    project.ok("dbrestore", "--noinput")
    assert subject.words() == [(1, "one"), (2, "two"), (3, "zwölf")]


@pytest.mark.representatives("sqlite-file", "postgresql-17", "mysql-9", "mongodb")
@with_variants
def test_the_manifests_own_command_line_restores_with_plain_tools(subject: Subject, project: Project):
    subject.fill_with_everything()
    project.ok("dbbackup")
    (backup,) = project.backups()
    assert subject.by_hand(project.manifest(backup)["restore"]) == subject.fingerprint()


@pytest.mark.representatives("sqlite-file", "postgresql-17")
def test_a_dry_run_prints_the_plan_and_changes_nothing(subject: Subject, project: Project, tmp_path: Path):
    subject.fill_simply()
    project.ok("dbbackup")
    subject.lose_words(1)
    there = sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(("-wal", "-shm")))
    plan = project.ok("dbrestore", "--dry-run")
    assert "target" in plan
    assert "load" in plan
    assert [number for number, _text in subject.words()] == [2, 3]
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.endswith(("-wal", "-shm"))) == there


def test_at_names_the_newest_backup_from_before(typical: Subject, typical_project: Project):
    typical.fill_simply()
    typical_project.ok("dbbackup")
    between = datetime.now(UTC)
    typical.lose_words(1)
    typical_project.ok("dbbackup")
    typical_project.ok("dbrestore", "--noinput", "--at", between.isoformat())
    assert len(typical.words()) == 3
    typical_project.ok("dbrestore", "--noinput")
    assert len(typical.words()) == 2
    nothing = typical_project.run("dbrestore", "--noinput", "--at", "2001-01-01")
    assert nothing.code == 6
    assert "2001" in nothing.error


@pytest.mark.representatives("sqlite*none", "sqlite*gzip", "postgresql*zstd", "sqlite*compression3")
@pytest.mark.parametrize("compression", ["zstd", "gzip", "none", {"METHOD": "zstd", "LEVEL": 9}])
def test_every_compression_comes_back(typical: Subject, typical_project: Project, compression):
    typical_project.options["COMPRESSION"] = compression
    typical.fill_simply(megabytes=1)
    typical_project.ok("dbbackup")
    typical.lose_words()
    typical_project.ok("dbrestore", "--noinput")
    assert len(typical.words()) == 3
    (backup,) = typical_project.backups()
    typical.drop("payload", "word")
    manifest = typical_project.manifest(backup)
    assert "word" in typical.by_hand(manifest["restore"])


def test_names_and_values_that_are_no_text_come_back_from_a_database_without_an_encoding(postgres, local: Storage):
    server = postgres(17)
    name = "no_encoding"
    server.query(f"DROP DATABASE IF EXISTS {name}")
    server.query(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    subject = Postgresql(server, name)
    project = Project({"default": subject.database}, local, subject.options)
    table = '"caf\u00e9"'.encode("latin-1")
    with subject.connect(client_encoding="SQL_ASCII") as connection:
        connection.execute(b"CREATE TABLE %s (name text)" % table)
        connection.execute(b"INSERT INTO %s VALUES ('\xff\xe9')" % table)
    project.ok("dbbackup")
    assert "caf" in project.ok("dbrestore", "--dry-run") + json.dumps(project.manifest(project.backups()[0]))
    with subject.connect(client_encoding="SQL_ASCII") as connection:
        connection.execute(b"DELETE FROM %s" % table)
    project.ok("dbrestore", "--noinput")
    with subject.connect(client_encoding="SQL_ASCII") as connection:
        assert connection.execute(b"SELECT name FROM %s" % table).fetchall() == [(b"\xff\xe9",)]
    subject.close()
    server.query(f"DROP DATABASE {name}")


@pytest.mark.representatives("crypt")
def test_the_guide_on_the_remote_leads_to_the_backup_with_plain_tools(tmp_path: Path, storage: Storage):
    subject = Sqlite(tmp_path, "file")
    subject.fill_simply()
    media = tmp_path / "media"
    media.mkdir()
    (media / "photo.jpg").write_bytes(b"photo")
    project = Project({"default": subject.database}, storage, media_root=str(media))
    project.ok("dbbackup")
    project.ok("mediabackup")
    guide = storage.rclone("cat", storage.path("RESTORE.md")).stdout
    listing, reading, hashing, copying = [
        line.strip() for line in guide.splitlines() if line.startswith("       rclone")
    ]

    def by_hand(command: str) -> str:
        environment = {**base_env(), **storage.env}
        return subprocess.run(
            ["bash", "-c", command], env=environment, capture_output=True, text=True, check=True
        ).stdout

    (name,) = by_hand(listing).split()
    manifest = json.loads(by_hand(reading.replace("NAME", name)))
    (stored,) = manifest["objects"]
    assert by_hand(hashing.replace("PATH", stored["path"])).split()[0] == stored["sha256"]
    by_hand(copying.replace("/path/to/media", str(tmp_path / "copied")))
    assert (tmp_path / "copied/photo.jpg").read_bytes() == b"photo"
    by_hand(f"cd {tmp_path} && {manifest['restore']}")
    assert subject.words(str(tmp_path / "restored.sqlite3")) == subject.words()
