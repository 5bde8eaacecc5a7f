"""MySQL and MariaDB: dumps, client programs, and servers that say no."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.contract.conftest import make_subject
from tests.contract.project import Project, Storage, slow
from tests.contract.subjects.mysql import Mysql
from tests.contract.test_backup_faults import MEGABYTES, SLOW, at
from tests.contract.test_secrets import CANARIES, DATABASE, watch
from tests.support.servers.mysql import start_mysql
from tests.support.servers.ports import free_port


@pytest.fixture
def project(schema: Mysql, local: Storage) -> Project:
    return Project({"default": schema.database}, local, schema.options)


class TestDump:
    def test_a_table_outside_of_transactions_is_said_once_and_in_the_manifest(self, schema: Mysql, project: Project):
        schema.fill_simply()
        schema.execute("CREATE TABLE old (id int) ENGINE=MyISAM")
        done = project.run("dbbackup")
        assert done.code == 0
        assert done.err.count("snapshot") == 1
        assert "old" in done.err
        (backup,) = project.backups()
        assert project.manifest(backup)["consistency"] == "none"

    @pytest.mark.exhaustive
    def test_the_manifest_says_server_and_client_as_they_are(self, schema: Mysql, project: Project):
        schema.fill_with_everything()
        assert "snapshot" not in project.run("dbbackup").err
        (backup,) = project.backups()
        manifest = project.manifest(backup)
        assert manifest["engine"] == "mysql"
        assert ("MariaDB" in manifest["server_version"]) == (schema.server.flavour == "mariadb")
        assert manifest["client"].split()[0] == {"mysql": "mysqldump", "mariadb": "mariadb-dump"}[schema.server.flavour]
        assert manifest["consistency"] == "snapshot"
        assert manifest["migrations"] == {"auth": "0002_more", "shop": "0001_initial"}
        assert "author" in manifest["tables"]
        assert "v1" not in manifest["tables"]

    def test_an_error_that_the_dump_program_only_says_is_a_failure(
        self, schema: Mysql, project: Project, tmp_path: Path
    ):
        schema.fill_simply()
        for program in schema.server.client_dir.iterdir():
            script = f'#!/bin/sh\nexec {program} "$@"\n'
            if "dump" in program.name:
                script = f"#!/bin/sh\necho \"$0: Error: 'no rights' when trying to dump something\" >&2\n{script}"
            (tmp_path / program.name).write_text(script)
            (tmp_path / program.name).chmod(0o755)
        project.options = {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(tmp_path)}}}
        done = project.run("dbbackup")
        assert done.code == 1, done.err
        assert "no rights" in done.error
        assert project.storage.files() == []

    @pytest.mark.exhaustive
    def test_a_plain_dump_as_0_4_made_it_is_restored_by_path(self, schema: Mysql, project: Project, tmp_path: Path):
        schema.fill_with_everything()
        if schema.server.flavour == "mariadb":
            # Of one a plain dump cannot be loaded again, whoever tries (see facts.in_order), of the other it is not
            # whole.
            for statement in ("DROP VIEW v3", "DROP TABLE with_history"):
                schema.execute(statement)
        then = schema.fingerprint()
        (tmp_path / "old.sql").write_bytes(schema.plain_dump())
        project.storage.put("db/default-2026-01-01-000000.sql", (tmp_path / "old.sql").read_bytes(), tmp_path / "put")
        schema.execute("CREATE TABLE later (id int)")
        schema.execute("DROP TRIGGER logged")
        schema.execute("DELETE FROM log")
        schema.execute("DELETE FROM measure")
        project.restore("-i", "default-2026-01-01-000000.sql")
        assert schema.fingerprint() == then  # routines and events too, which it did not save, and which nobody touched
        whole = (tmp_path / "old.sql").read_bytes()
        project.storage.put("db/default-2026-01-02-000000.sql", whole[: len(whole) // 2], tmp_path / "put")
        now = schema.fingerprint()
        assert "damaged" in project.restore("-i", "default-2026-01-02-000000.sql", code=5)
        assert schema.fingerprint() == now


class TestClients:
    @pytest.mark.exhaustive
    def test_only_the_other_flavours_client_is_refused(self, mysql, schema: Mysql, project: Project):
        schema.fill_simply()
        project.ok("dbbackup")
        other = "mariadb" if schema.server.flavour == "mysql" else "mysql"
        project.options = {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(mysql(other).client_dir)}}}
        there = project.storage.files()
        for command in (["dbbackup"], ["dbrestore", "--noinput"]):
            done = project.run(*command)
            assert done.code == 2, done.err
            assert {"mysql": "MySQL", "mariadb": "MariaDB"}[schema.server.flavour] in done.error
            assert "BINARY_DIR" in done.error
        assert project.storage.files() == there

    @pytest.mark.exhaustive
    def test_of_both_flavours_the_servers_is_taken(self, mysql, schema: Mysql, project: Project, tmp_path: Path):
        schema.fill_simply()
        for flavour in ("mysql", "mariadb"):
            for program in mysql(flavour).client_dir.iterdir():
                (tmp_path / program.name).symlink_to(program)
        project.options = {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(tmp_path)}}}
        project.ok("dbbackup")
        project.restore()
        assert len(schema.words()) == 3

    @pytest.mark.exhaustive
    def test_a_backup_of_the_other_flavour_is_refused(self, request, tmp_path: Path, local: Storage):
        for one in make_subject("mysql-9", request, tmp_path):
            one.fill_simply()
            Project({"default": one.database}, local, one.options).ok("dbbackup")
            (tmp_path / "old.sql").write_bytes(one.plain_dump())
            local.put("db/default-2026-01-01-000000.sql", (tmp_path / "old.sql").read_bytes(), tmp_path / "put")
            for other in make_subject("mariadb-11.8", request, tmp_path):
                other.fill_simply()
                project = Project({"default": other.database}, local, other.options)
                (made,) = [backup for backup in project.backups() if backup["state"] == "good"]
                for path in (made["path"], "default-2026-01-01-000000.sql"):
                    assert "backup of MySQL" in project.restore("-i", path, code=2)
                assert len(other.words()) == 3


class TestServer:
    def test_a_wrong_password(self, project: Project):
        project.databases["default"]["PASSWORD"] = "wr0ng canary"
        done = project.run("dbbackup")
        assert done.code == 2, done.err
        assert 'Database "default": Access denied' in done.error
        assert "canary" not in done.err

    def test_a_schema_that_is_not_there(self, schema: Mysql, project: Project):
        project.databases["default"]["NAME"] = f"{schema.name}_x"
        done = project.run("dbbackup")
        assert done.code == 2, done.err
        assert f"{schema.name}_x" in done.error

    def test_a_server_that_is_not_there(self, project: Project):
        project.databases["default"]["PORT"] = str(free_port())
        done = project.run("dbbackup")
        assert done.code == 75, done.err
        assert 'Database "default": ' in done.error

    @pytest.mark.exhaustive
    def test_everything_may_come_from_an_option_file(self, schema: Mysql, project: Project, tmp_path: Path):
        schema.fill_simply()
        quoted = schema.PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        (tmp_path / "my.cnf").write_text(
            f"[client]\nhost = {schema.server.host}\nport = {schema.server.port}\ndatabase = {schema.name}\n"
            f'user = {schema.role}\npassword = "{quoted}"\ndefault-character-set = utf8mb4\n'
        )
        options = {"read_default_file": str(tmp_path / "my.cnf")}
        project.databases["default"] = {"ENGINE": "django.db.backends.mysql", "OPTIONS": options}
        project.ok("dbbackup")
        project.restore()
        assert len(schema.words()) == 3


@pytest.mark.representatives("mysql-9-command0")
@pytest.mark.parametrize("command", [["dbbackup"], ["dbrestore", "--noinput"]])
def test_no_canary_leaves_its_cage(schema: Mysql, project: Project, command: list[str]):
    schema.fill_simply(megabytes=4)
    schema.server.query(f"ALTER USER {schema.role} IDENTIFIED BY '{DATABASE}'")
    project.databases["default"]["PASSWORD"] = DATABASE
    project.ok("dbbackup")
    project.options |= slow("4M")
    with project.started(*command) as run:
        arguments, environments = watch(run)
        done = run.end()
    assert done.code == 0, done.err
    programs = [name for name in arguments if "--defaults-file" in name or "mysql" in name or "mariadb" in name]
    assert programs or "python" in " ".join(arguments)
    assert not any(arguments.values()), arguments
    # Between fork and exec a child still shows the environment of its parent.
    seen = {name: found for name, found in environments.items() if "python" not in name}
    assert not any(found & {DATABASE} for found in seen.values()), seen
    assert not [canary for canary in CANARIES if canary in done.out + done.err]


@pytest.mark.exhaustive
def test_a_backup_from_a_server_that_is_killed_leaves_nothing(local: Storage):
    with start_mysql("mysql") as server, server.database() as name:
        schema = Mysql(server, name)
        schema.fill_simply(megabytes=MEGABYTES)
        options = {**schema.options, **SLOW, "COMPRESSION": "none"}
        project = Project({"default": schema.database}, local, options)
        with project.started("dbbackup") as run:
            dump = at("middle", run, schema)
            server.kill()
            os.kill(dump, signal.SIGCONT)
            done = run.end()
        assert done.code in (1, 75), done.err
        assert 'Database "default"' in done.error
        assert local.files() == []
        server.restart()
