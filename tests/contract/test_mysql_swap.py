"""MySQL and MariaDB: whatever ends a restore, the schema is the old one or the new one, never a mixture."""

from __future__ import annotations

import signal

import pymysql
import pytest

from tests.contract.project import Project, Storage, alive, slow, written
from tests.contract.subjects.mysql import Mysql
from tests.support.servers.ports import wait_until


@pytest.fixture
def project(schema: Mysql, local: Storage) -> Project:
    return Project({"default": schema.database}, local, schema.options)


@pytest.mark.exhaustive
def test_a_restore_that_is_killed_while_it_loads_is_swept_by_the_next_command(schema: Mysql, project: Project):
    schema.fill_simply(megabytes=8)
    project.options["COMPRESSION"] = "none"
    project.ok("dbbackup")
    before = schema.fingerprint()
    project.options |= slow("4M")
    with project.started("dbrestore", "--noinput") as run:
        cat = run.child("rclone", "cat", "/db/")
        run.child(*schema.client)
        wait_until(lambda: written(cat) > 5e6, "the stream", seconds=60)
        children = run.children()
        run.process.kill()
        wait_until(lambda: not any(alive(pid) for pid in children), "the children's end", seconds=10)
    assert schema.scratch()
    wait_until(lambda: not schema.sessions(), "the server's notice", seconds=60)
    project.options.pop("RCLONE_FLAGS")
    done = project.run("dbbackup")
    assert done.code == 0
    assert "interrupted" in done.err
    assert schema.scratch() == []
    assert schema.fingerprint() == before


@pytest.mark.exhaustive
def test_a_restore_that_is_killed_while_it_waits_for_others_has_changed_nothing(schema: Mysql, project: Project):
    schema.fill_with_everything()
    project.ok("dbbackup")
    schema.change_everything()
    before = schema.fingerprint()
    with schema.connect(autocommit=False) as blocker, blocker.cursor() as cursor:
        cursor.execute("SELECT * FROM author")
        with project.started("dbrestore", "--noinput") as run:
            wait_until(lambda: any("LOCK TABLES" in text for text in schema.sessions()), "the wait", seconds=30)
            run.process.kill()
            run.process.wait()
        blocker.rollback()
    wait_until(lambda: not schema.sessions(), "the server's notice", seconds=60)
    assert schema.fingerprint() == before
    project.ok("dbrestore", "--noinput")
    assert schema.fingerprint() != before


def test_a_swap_that_is_killed_after_its_rename_is_finished_by_the_next_command(schema: Mysql, project: Project):
    schema.fill_with_everything()
    procedures = "\n".join(f"CREATE PROCEDURE p{number}() SELECT {number};" for number in range(400))
    schema.script(procedures)
    then = schema.fingerprint()
    project.ok("dbbackup")
    schema.change_everything()
    with project.started("dbrestore", "--noinput") as run:
        wait_until(schema.moved_out, "the rename", seconds=60)
        run.process.kill()
        run.process.wait()
    wait_until(lambda: not schema.sessions(), "the server's notice", seconds=60)
    assert schema.moved_out(), "it was too fast to be killed"
    assert schema.fingerprint() != then
    done = project.run("dbbackup")
    assert done.code == 0, done.err
    assert "interrupted" in done.err
    assert schema.fingerprint() == then
    assert schema.scratch() == []


@pytest.mark.exhaustive
def test_a_swap_that_is_ended_by_a_signal_after_its_rename_is_undone(schema: Mysql, project: Project):
    schema.fill_with_everything()
    schema.script("\n".join(f"CREATE PROCEDURE p{number}() SELECT {number};" for number in range(400)))
    project.ok("dbbackup")
    schema.change_everything()
    now = schema.fingerprint()
    with project.started("dbrestore", "--noinput") as run:
        wait_until(schema.moved_out, "the rename", seconds=60)
        run.process.send_signal(signal.SIGTERM)
        assert run.end().code == 143
    assert schema.fingerprint() == now
    assert schema.scratch() == []


@pytest.mark.exhaustive
def test_a_view_that_cannot_be_made_any_more_undoes_it_all(schema: Mysql, project: Project):
    schema.fill_with_everything()
    elsewhere = f"{schema.name}_elsewhere"
    schema.extra.append(elsewhere)
    schema.server.query(f"CREATE DATABASE {elsewhere}")
    schema.grant("ALL", elsewhere)
    schema.execute("CREATE TABLE t (id int PRIMARY KEY)", elsewhere)
    schema.execute(f"CREATE VIEW w AS SELECT id FROM {elsewhere}.t")
    project.ok("dbbackup")
    schema.execute("DROP VIEW w")
    schema.execute("DROP TABLE t", elsewhere)
    schema.change_everything()
    now = schema.fingerprint()
    assert "Nothing was changed" in project.restore(code=1)
    assert schema.fingerprint() == now
    assert schema.scratch() == []


@pytest.mark.exhaustive
def test_neither_triggers_nor_events_exist_where_the_backup_is_loaded(schema: Mysql, project: Project):
    schema.fill_simply(megabytes=8)
    schema.execute("CREATE TABLE log (id int PRIMARY KEY AUTO_INCREMENT, what varchar(20))")
    schema.execute("CREATE TRIGGER t BEFORE INSERT ON payload FOR EACH ROW INSERT INTO log (what) VALUES ('fired')")
    schema.execute("CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO INSERT INTO word SELECT MAX(id) + 1, 'e' FROM word")
    schema.execute("ALTER EVENT e DISABLE")
    project.options["COMPRESSION"] = "none"
    project.ok("dbbackup")
    project.options |= slow("4M")
    with project.started("dbrestore", "--noinput") as run:
        cat = run.child("rclone", "cat", "/db/")
        wait_until(lambda: written(cat) > 6e6, "the stream", seconds=60)
        (scratch,) = schema.scratch()
        for kind in ("trigger", "event"):
            found = schema.server.query(
                f"SELECT COUNT(*) FROM information_schema.{kind}s WHERE {kind}_schema = '{scratch}'"
            )
            assert found == [(0,)]
        assert run.end().code == 0
    assert schema.execute("SELECT COUNT(*) FROM log") == [(0,)]
    schema.execute("INSERT INTO payload VALUES (1000000, 'x')")
    assert schema.execute("SELECT what FROM log") == [("fired",)]


@pytest.mark.exhaustive
def test_a_restore_brings_a_schema_with_a_broken_view_in_order(schema: Mysql, project: Project):
    schema.fill_simply()
    schema.execute("CREATE VIEW v AS SELECT text FROM word")
    then = schema.fingerprint()
    project.ok("dbbackup")
    schema.execute("ALTER TABLE word DROP COLUMN text")
    project.restore()
    assert schema.fingerprint() == then


@pytest.mark.exhaustive
def test_two_restores_at_once_are_refused(schema: Mysql, project: Project):
    schema.fill_simply(megabytes=12)
    project.options["COMPRESSION"] = "none"
    project.ok("dbbackup")
    other = Project(project.databases, project.storage, dict(project.options))
    project.options |= slow("500k")
    with project.started("dbrestore", "--noinput") as run:
        run.child(*schema.client)
        wait_until(lambda: bool(schema.scratch()), "the first restore", seconds=30)
        assert "another restore" in other.restore(code=4)
        run.process.send_signal(signal.SIGTERM)
        run.end()
    assert schema.scratch() == []


@pytest.mark.exhaustive
def test_a_transaction_that_blocks_is_named_and_terminate_sessions_ends_it(schema: Mysql, project: Project):
    schema.fill_simply()
    project.ok("dbbackup")
    schema.execute("DELETE FROM word WHERE id = 1")
    with schema.connect(autocommit=False) as blocker, blocker.cursor() as cursor:
        cursor.execute("SELECT * FROM word")
        error = project.restore(code=1)
        assert f"id {blocker.thread_id()} of {schema.role}" in error
        assert "--terminate-sessions" in error
        assert "Nothing was changed" in error
        cursor.execute("SELECT * FROM word")
        assert len(cursor.fetchall()) == 2
        project.restore("--terminate-sessions")
        with pytest.raises(pymysql.OperationalError):
            cursor.execute("SELECT 1")
    assert len(schema.words()) == 3


def test_a_foreign_key_of_another_schema_into_ours_is_refused(schema: Mysql, project: Project):
    schema.fill_simply()
    project.ok("dbbackup")
    other = f"{schema.name}_other"
    schema.extra.append(other)
    schema.server.query(f"CREATE DATABASE {other}")
    schema.grant("ALL", other)
    schema.execute(f"CREATE TABLE t (word int, FOREIGN KEY (word) REFERENCES {schema.name}.word (id))", other)
    error = project.restore(code=2)
    assert f"{other}.t to word" in error
    project.restore("--into", schema.beside())
