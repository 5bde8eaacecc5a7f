"""What goes wrong gives one clear line, the documented exit code, and no loss."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psycopg
import pytest

from tests.contract.project import Project, Storage, slow
from tests.contract.subjects import Sqlite, Subject
from tests.contract.subjects.postgresql import Postgresql
from tests.support.images.clients import client_dir
from tests.support.servers import start_postgres
from tests.support.servers.ports import free_port
from tests.support.servers.server import Server

DATABASE = 'Database "default": '


def server_dies_during_backup(project: Project, server: Server, *program: str) -> None:
    """Kills the server while the dump ``program`` runs: the error names the database, and nothing is left."""
    with project.started("dbbackup") as run:
        run.child(*program)
        server.kill()
        done = run.end()
    assert done.code in (1, 75), done.err
    assert DATABASE in done.error
    assert project.storage.files() == []
    server.restart()


@pytest.fixture
def postgresql_project(postgresql: Postgresql, local: Storage) -> Project:
    postgresql.fill_simply()
    return Project({"default": postgresql.database}, local, postgresql.options)


def refused(project: Project, command: str, code: int, *words: str) -> str:
    """Runs a command that must fail with this code and these words, and leave nothing on the remote."""
    there = project.storage.files()
    arguments = ("--noinput",) if command == "dbrestore" else ()
    done = project.run(command, *arguments)
    assert done.code == code, done.err
    for word in words:
        assert word in done.error, done.error
    assert project.storage.files() == there
    return done.error


class TestServer:
    def test_a_wrong_password(self, postgresql_project: Project):
        postgresql_project.ok("dbbackup")
        postgresql_project.databases["default"]["PASSWORD"] = "wr0ng canary"
        for command in ("dbbackup", "dbrestore"):
            error = refused(postgresql_project, command, 2, DATABASE, "password authentication failed")
            assert "canary" not in error

    def test_a_database_that_is_not_there(self, postgresql_project: Project):
        postgresql_project.ok("dbbackup")
        postgresql_project.databases["default"]["NAME"] = "nowhere"
        for command in ("dbbackup", "dbrestore"):
            refused(postgresql_project, command, 2, DATABASE, '"nowhere"', "does not exist")

    def test_a_server_that_is_not_there(self, postgresql_project: Project):
        postgresql_project.ok("dbbackup")
        postgresql_project.databases["default"]["PORT"] = str(free_port())
        for command in ("dbbackup", "dbrestore"):
            refused(postgresql_project, command, 75, DATABASE, "Connection refused")

    @pytest.mark.exhaustive
    def test_a_server_that_dies_in_the_middle(self, local: Storage):
        with start_postgres(17) as server, server.database() as name:
            subject = Postgresql(server, name)
            subject.fill_simply(megabytes=12)
            options = {**subject.options, **slow("2M")}
            project = Project({"default": subject.database}, local, options)
            server_dies_during_backup(project, server, *subject.dumper)

    @pytest.mark.representatives("dbrestore")
    @pytest.mark.parametrize("command", ["dbbackup", "dbrestore"])
    def test_a_client_older_than_the_server(self, postgres, local: Storage, command: str):
        with postgres(17).database() as name:
            subject = Postgresql(postgres(17), name)
            subject.fill_simply()
            project = Project({"default": subject.database}, local, subject.options)
            project.ok("dbbackup")
            project.options = {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(client_dir("postgres", "15"))}}}
            refused(project, command, 2, DATABASE, "is older than the ", "17", "BINARY_DIR")
            subject.close()

    @pytest.mark.representatives("dbrestore")
    @pytest.mark.parametrize("command", ["dbbackup", "dbrestore"])
    def test_no_client_at_all(self, postgresql_project: Project, tmp_path: Path, command: str):
        postgresql_project.ok("dbbackup")
        # A PATH with rclone alone, and nothing where distributions put PostgreSQL's programs.
        bin_ = tmp_path / "bin"
        bin_.mkdir()
        (bin_ / "rclone").symlink_to(shutil.which("rclone", path=postgresql_project.environment()["PATH"]))
        postgresql_project.options = {}
        hidden = "for d in /usr/lib/postgresql /usr/pgsql-*; do [ -d $d ] && mount -t tmpfs none $d; done;"
        done = postgresql_project.run(
            *(command, *(("--noinput",) if command == "dbrestore" else ())),
            prefix=("unshare", "--mount", "sh", "-c", f'{hidden} PATH={bin_} exec "$@"', "sh"),
        )
        assert done.code == 2, done.err
        assert "was not found" in done.error or "not there" in done.error or "found" in done.error
        assert "ostgre" in done.error

    def test_a_session_that_blocks_is_named_and_terminate_sessions_ends_it(
        self, postgresql: Postgresql, postgresql_project: Project
    ):
        postgresql_project.ok("dbbackup")
        postgresql.lose_words(1)
        with postgresql.connect(application_name="the blocker") as blocker:
            blocker.autocommit = False
            blocker.execute("SELECT * FROM word")
            done = postgresql_project.run("dbrestore", "--noinput")
            assert done.code == 1, done.err
            assert "--terminate-sessions" in done.error
            assert "the blocker" in done.out + done.err
            assert len(blocker.execute("SELECT * FROM word").fetchall()) == 2
            postgresql_project.ok("dbrestore", "--noinput", "--terminate-sessions")
            with pytest.raises(psycopg.OperationalError):
                blocker.execute("SELECT 1")
        assert len(postgresql.words()) == 3


class TestFile:
    @pytest.fixture
    def sqlite(self, tmp_path: Path) -> Sqlite:
        made = Sqlite(tmp_path, "file")
        made.fill_simply()
        return made

    @pytest.fixture
    def sqlite_project(self, sqlite: Sqlite, local: Storage) -> Project:
        return Project({"default": sqlite.database}, local)

    def test_a_missing_file_is_an_error_and_never_an_empty_backup(self, sqlite: Sqlite, sqlite_project: Project):
        sqlite.path.unlink()
        refused(sqlite_project, "dbbackup", 2, DATABASE, str(sqlite.path))
        assert not sqlite.path.exists()

    def test_a_missing_file_is_restored(self, sqlite: Sqlite, sqlite_project: Project):
        sqlite_project.ok("dbbackup")
        sqlite.path.unlink()
        sqlite_project.ok("dbrestore", "--noinput")
        assert len(sqlite.words()) == 3

    @pytest.mark.parametrize("name", [":memory:", "file:x?mode=memory"])
    def test_a_database_in_memory(self, sqlite_project: Project, name: str):
        sqlite_project.databases["default"]["NAME"] = name
        refused(sqlite_project, "dbbackup", 2, DATABASE, "memory")

    def test_a_file_that_is_no_database(self, sqlite: Sqlite, sqlite_project: Project):
        sqlite.path.write_bytes(os.urandom(10_000))
        refused(sqlite_project, "dbbackup", 1, DATABASE, str(sqlite.path), "Restore a backup")

    def test_garbage_that_was_put_there_by_hand(self, sqlite: Sqlite, sqlite_project: Project, tmp_path: Path):
        sqlite_project.storage.put("db/default-2026-01-01-000000.sqlite3", os.urandom(5000), tmp_path / "garbage")
        before = sqlite.fingerprint()
        done = sqlite_project.run("dbrestore", "--noinput", "-i", "default-2026-01-01-000000.sqlite3")
        assert done.code in (1, 2, 5), done.err
        assert DATABASE in done.error
        assert sqlite.fingerprint() == before


class TestRemote:
    def test_an_unreachable_remote(self, tmp_path: Path):
        typical = Sqlite(tmp_path, "file")
        typical.fill_simply()
        env = {
            "RCLONE_CONFIG_GONE_TYPE": "s3",
            "RCLONE_CONFIG_GONE_PROVIDER": "Other",
            "RCLONE_CONFIG_GONE_ENDPOINT": f"http://127.0.0.1:{free_port()}",
            "RCLONE_CONFIG_GONE_ACCESS_KEY_ID": "key",
            "RCLONE_CONFIG_GONE_SECRET_ACCESS_KEY": "canary",
            "RCLONE_LOW_LEVEL_RETRIES": "1",  # in place of 10
        }
        project = Project({"default": typical.database}, Storage("gone:bucket/x", tmp_path, env), typical.options)
        for command in (["dbbackup"], ["dbrestore", "--noinput"], ["listbackups"]):
            done = project.run(*command)
            assert done.code == 75, done.err
            assert "cannot be reached" in done.error
            assert "canary" not in done.err

    def test_a_remote_that_dies_in_the_middle(self, typical: Subject, tmp_path: Path):
        from tests.support.servers import serve_s3  # noqa: PLC0415 - a server of its own, to be killed

        typical.fill_simply(megabytes=12)
        with serve_s3(tmp_path, name="dying") as server:
            storage = Storage(server.remote, server.folder, server.environment)
            options = {**typical.options, **slow("4M"), "STALL_TIMEOUT": 3}
            project = Project({"default": typical.database}, storage, options)
            with project.started("dbbackup") as run:
                run.child("rclone", "rcat")
                server.process.kill()
                done = run.end()
            assert done.code == 75, done.err
            assert not [path for path in server.folder.rglob("*") if path.is_file()]

    def test_a_remote_that_is_not_configured(self, typical_project: Project):
        typical_project.storage = Storage("nosuch:bucket", Path("/"))
        done = typical_project.run("dbbackup")
        assert done.code == 2
        assert "nosuch" in done.error

    def test_a_full_remote(self, typical: Subject, typical_project: Project):
        typical.fill_simply(megabytes=6)
        done = self.on_a_mount(typical_project, "-o size=2m tmpfs", "dbbackup")
        assert done.code == 1, done.err
        assert "full" in done.error
        assert "left nothing" in done.out

    def test_a_read_only_remote(self, typical: Subject, typical_project: Project):
        typical.fill_simply()
        done = self.on_a_mount(typical_project, "-o ro tmpfs", "dbbackup")
        assert done.code == 2, done.err
        assert "read-only" in done.error

    @staticmethod
    def on_a_mount(project: Project, mount: str, command: str):
        """Runs a command with another file system at the remote's folder, which nobody else sees."""
        folder = project.storage.folder
        script = f'mount -t tmpfs {mount} "{folder}" && "$@"; code=$?; [ -z "$(find "{folder}" -type f)" ] && '
        return project.run(
            command, prefix=("unshare", "--mount", "sh", "-c", script + "echo left nothing; exit $code", "sh")
        )

    def test_no_backups_at_all(self, typical_project: Project):
        done = typical_project.run("dbrestore", "--noinput")
        assert done.code == 6
        assert "listbackups" in done.error
        assert typical_project.backups() == []

    def test_a_path_that_is_not_there(self, typical: Subject, typical_project: Project):
        typical.fill_simply()
        typical_project.ok("dbbackup")
        done = typical_project.run("dbrestore", "--noinput", "-i", "nothing.dump")
        assert done.code == 6
        assert "db/nothing.dump" in done.error

    @pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../b", "db/"])
    def test_a_hostile_path(self, typical_project: Project, path: str):
        done = typical_project.run("dbrestore", "--noinput", "-i", path)
        assert done.code == 2
        assert path in done.error


class TestSettings:
    def test_an_unknown_alias(self, typical_project: Project):
        done = typical_project.run("dbbackup", "-d", "nosuch")
        assert done.code == 2
        assert "default" in done.error

    def test_no_remote(self, typical_project: Project):
        typical_project.options["REMOTE"] = ""
        assert typical_project.run("dbbackup").code == 2

    def test_a_mistyped_key_is_never_silently_without_effect(self, typical_project: Project):
        typical_project.options["RCLONE_FLAG"] = ["--bwlimit", "1M"]
        for command in (["dbbackup"], ["listbackups"], ["mediabackup"]):
            done = typical_project.run(*command)
            assert done.code == 2
            assert 'Did you mean "RCLONE_FLAGS"?' in done.error

    def test_rclone_is_missing(self, typical_project: Project):
        typical_project.options["RCLONE_BINARY"] = "/nonexistent/rclone"
        done = typical_project.run("dbbackup")
        assert done.code == 2
        assert "/nonexistent/rclone" in done.error

    def test_one_of_two_databases_fails_and_the_other_is_backed_up(self, typical: Subject, local: Storage):
        typical.fill_simply()
        broken = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nonexistent/broken.sqlite3"}
        project = Project({"default": typical.database, "broken": broken}, local, typical.options)
        done = project.run("dbbackup", "-d", "broken", "-d", "default")
        assert done.code == 3, done.err
        assert "/nonexistent/broken.sqlite3" in done.err
        assert [backup["database"] for backup in project.backups()] == ["default"]

    def test_a_backup_of_another_alias_is_not_restored_by_mistake(self, tmp_path: Path, local: Storage):
        (tmp_path / "two").mkdir()
        one, two = Sqlite(tmp_path, "file"), Sqlite(tmp_path / "two", "file")
        one.fill_simply()
        two.fill_simply()
        project = Project({"default": one.database, "two": two.database}, local)
        project.ok("dbbackup", "-d", "two")
        (backup,) = project.backups()
        done = project.run("dbrestore", "--noinput", "-d", "default", "-i", backup["path"])
        assert done.code == 2
        assert "--database two" in done.error


def test_several_databases_under_one_alias_are_listed_and_none_is_taken(tmp_path: Path, local: Storage):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        subject = Sqlite(tmp_path / name, "file")
        subject.fill_simply()
        Project({"default": subject.database}, local).ok("dbbackup")
    (tmp_path / "three").mkdir()
    third = Sqlite(tmp_path / "three", "file")
    project = Project({"default": third.database}, local)
    done = project.run("dbrestore", "--noinput")
    assert done.code == 2
    assert str(tmp_path / "one/app.sqlite3") in done.error
    assert str(tmp_path / "two/app.sqlite3") in done.error
    # ... but of the two each finds its own
    Project({"default": subject.database}, local).ok("dbrestore", "--noinput")


def test_a_project_never_sees_another_projects_backups(tmp_path: Path, local: Storage):
    subject = Sqlite(tmp_path, "file")
    subject.fill_simply()
    shop = Project({"default": subject.database}, local, {"PROJECT": "shop"})
    blog = Project({"default": subject.database}, local, {"PROJECT": "blog", "DB_CLEANUP_KEEP": 1})
    shop.ok("dbbackup")
    done = blog.run("dbrestore", "--noinput")
    assert done.code == 6
    assert "shop" in done.error
    blog.ok("dbbackup", "--clean")
    blog.ok("dbbackup", "--clean")
    assert sorted(backup["project"] for backup in shop.backups()) == ["blog", "shop"]
