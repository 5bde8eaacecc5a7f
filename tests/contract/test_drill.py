"""A drill restores a backup into a scratch database, compares the two, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import SUBJECTS, VARIANTS
from tests.contract.project import Project, Started, Storage, slow, written
from tests.contract.subjects import Subject
from tests.contract.subjects.folder import Folder
from tests.contract.subjects.mongodb import Mongodb
from tests.contract.subjects.mysql import Mysql
from tests.contract.subjects.postgresql import Postgresql
from tests.contract.subjects.sqlite import Sqlite
from tests.contract.test_verification import change_content, records
from tests.support.servers.ports import wait_until

DRILLED = [name for name in (*SUBJECTS, *VARIANTS) if name != "folder"]
ENGINES = ("sqlite-file", "postgresql-17", "mysql-9", "mariadb-11.8", "mongodb")
DRILL = ("backupverify", "--level", "drill")


@pytest.fixture(autouse=True)
def scratch_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files, where the scratch databases of SQLite are."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def scratch_databases(subject: Subject) -> list[str]:
    """The scratch databases that there are of this database."""
    match subject:
        case Postgresql():
            with subject.server.connect() as connection:
                rows = connection.execute("SELECT datname FROM pg_database").fetchall()
            found = [name for (name,) in rows]
        case Mysql():
            found = [name for (name,) in subject.server.query("SELECT schema_name FROM information_schema.schemata")]
        case Mongodb():
            found = subject._administrator.list_database_names()
        case _:
            return [path.name for path in Path(os.environ["TMPDIR"]).iterdir()]
    return sorted(name for name in found if name.startswith(subject.name) and "drill_" in name)


def record(storage: Storage) -> dict[str, Any]:
    """The only record of a drill on the remote."""
    (path,) = [path for path in records(storage) if "-drill-" in path]
    found: dict[str, Any] = json.loads(storage.rclone("cat", storage.path(path)).stdout)
    return found


@pytest.mark.parametrize("subject", DRILLED, indirect=True)
def test_a_good_backup_comes_back_equal_and_the_live_database_is_not_touched(subject: Subject, project: Project):
    subject.fill_with_everything()
    project.ok("dbbackup")
    then = subject.fingerprint()
    assert "passed (drill, " in project.ok(*DRILL)
    assert subject.fingerprint() == then
    assert scratch_databases(subject) == []
    assert project.backups()[0]["verification"]["level"] == "drill"
    result = record(project.storage)["drill"]
    assert (result["equal"], result["differences"]) == (True, [])
    assert result["rows"] > 20
    assert list(result["steps"]) == ["restore", "read", "compare", "assertions"]
    assert all(seconds >= 0 for seconds in result["steps"].values())


def test_a_connector_without_scratch_databases(tmp_path: Path, local: Storage):
    subject = Folder(tmp_path)
    subject.fill_simply()
    project = Project({"default": subject.database}, local, subject.options)
    project.ok("dbbackup")
    done = project.run(*DRILL)
    assert done.code == 2, done.err
    assert done.error.count("\n") == 0
    assert "its connector has no scratch databases" in done.error


@pytest.mark.representatives("sqlite-file", "postgresql-17")
@pytest.mark.parametrize("subject", DRILLED, indirect=True)
def test_a_dump_without_a_table_of_its_manifest_is_named(subject: Subject, project: Project, tmp_path: Path):
    subject.fill_simply()
    subject.open_accounts()
    project.ok("dbbackup")
    (whole,) = project.backups()
    subject.drop("word")
    project.ok("dbbackup")
    lacking = next(backup for backup in project.backups() if backup["id"] != whole["id"])
    content: list[bytes] = []
    change_content(project, lacking, lambda data: content.append(data) or data, tmp_path)
    change_content(project, whole, lambda _data: content[0], tmp_path)
    if isinstance(subject, Mongodb):
        subject.db().create_collection("word")
    else:
        subject.execute("CREATE TABLE word (id integer)")  # type: ignore[attr-defined]
    then = subject.fingerprint()
    done = project.run(*DRILL, "--id", whole["id"])
    assert done.code == 5, done.err
    name = "public.word" if isinstance(subject, Postgresql) else "word"
    assert f'failed its verification (drill): table "{name}" is in the manifest, and is missing.' in done.error
    assert subject.fingerprint() == then
    assert scratch_databases(subject) == []
    (failed,) = [backup for backup in project.backups() if backup["id"] == whole["id"]]
    assert failed["state"] == "failed"
    project.ok(*DRILL)  # the other one is the latest
    assert "nothing" not in project.ok("dbrestore", "--noinput")
    assert "word" not in subject.names()


@pytest.mark.parametrize("subject", ["sqlite-sql", "mysql-9", "mariadb-11.8"], indirect=True)
@pytest.mark.representatives("sqlite-sql")
def test_a_dump_with_a_duplicate_row_cannot_be_restored(subject: Subject, project: Project, tmp_path: Path):
    subject.fill_simply()
    project.ok("dbbackup")
    (backup,) = project.backups()

    def duplicate(data: bytes) -> bytes:
        (statement,) = re.findall(rb"^INSERT INTO [`\"]?word\b.*?'one'.*?;\n", data, re.MULTILINE | re.DOTALL)
        return data.replace(statement, statement * 2)

    change_content(project, backup, duplicate, tmp_path)
    project.ok("backupverify")  # it can be read
    done = project.run(*DRILL)
    assert done.code == 5, done.err
    assert "failed its verification (drill): it cannot be restored: " in done.error
    assert done.error.count("\n") == 0
    assert scratch_databases(subject) == []
    assert project.backups()[0]["state"] == "failed"
    assert record(project.storage)["drill"]["equal"] is False


@pytest.fixture
def large(subject: Subject, local: Storage) -> Project:
    """A project whose drill takes a while."""
    project = Project({"default": subject.database}, local, {**subject.options, "COMPRESSION": "none"})
    subject.fill_simply(megabytes=8)
    project.ok("dbbackup")
    return project


def begin_load(subject: Subject, run: Started) -> int:
    """Waits until a slow drill is in the middle of its load, and returns the id of the program that reads the
    object."""
    found: list[int] = []

    def begun() -> bool:
        cats = [pid for pid, line in run.children().items() if "rclone" in line and " cat " in line]
        # It has read the beginning of the object before.
        found[:] = [pid for pid in cats if 3e6 < written(pid) < 1e12]
        return bool(scratch_databases(subject) and found)

    wait_until(begun, "the stream", seconds=60)
    return found[0]


@pytest.mark.representatives("sqlite-file", "postgresql-17")
@pytest.mark.parametrize("subject", [*ENGINES, "sqlite-sql"], indirect=True)
def test_a_killed_drill_is_cleaned_up_by_the_next_one_and_nothing_else_is(subject: Subject, large: Project):
    then = subject.fingerprint()
    fast, slow_options = dict(large.options), {**large.options, **slow("2M")}
    large.options = slow_options
    with large.started(*DRILL) as run:
        begin_load(subject, run)
        run.process.send_signal(signal.SIGKILL)
        run.end()
    left = scratch_databases(subject)
    assert len(left) == 1
    similar = similar_database(subject, left[0])
    large.options = fast
    wait_until(lambda: try_drill(large, subject, left[0]), "the end of the killed drill's session", seconds=90)
    assert scratch_databases(subject) == [similar]
    assert subject.fingerprint() == then


def try_drill(project: Project, subject: Subject, left: str) -> bool:
    """Drills, and returns whether what was left is gone."""
    project.ok(*DRILL)
    return left not in scratch_databases(subject)


def similar_database(subject: Subject, left: str) -> str:
    """Makes something with a name like that of a scratch database, which is not one."""
    name = f"{left}0"
    match subject:
        case Postgresql():
            subject.extra.append(name)
            with subject.server.connect() as connection:
                connection.execute(f'CREATE DATABASE "{name}" OWNER "{subject.role}"'.encode())
        case Mysql():
            subject.extra.append(name)
            subject.server.query(f"CREATE DATABASE `{name}`")
        case Mongodb():
            subject.extra.append(name)
            subject._administrator[name].t.insert_one({})
        case _:
            (Path(os.environ["TMPDIR"]) / name).mkdir()
            (Path(os.environ["TMPDIR"]) / name / "lock").touch()
    return name


@pytest.mark.representatives("sqlite-file", "postgresql-17")
@pytest.mark.parametrize("subject", [*ENGINES, "sqlite-sql"], indirect=True)
def test_two_drills_at_once_do_not_touch_each_other(subject: Subject, large: Project):
    fast = Project(large.databases, large.storage, dict(large.options))
    large.options |= slow("2M")
    with large.started(*DRILL) as run:
        reader = begin_load(subject, run)
        os.kill(reader, signal.SIGSTOP)
        (running,) = scratch_databases(subject)
        with fast.started(*DRILL) as other:
            # It has removed leftovers by then. PostgreSQL drops no database while a COPY waits for its client.
            wait_until(lambda: len(scratch_databases(subject)) == 2, "the scratch database of the other drill")
            assert running in scratch_databases(subject)
            os.kill(reader, signal.SIGCONT)
            for drill in (other, run):
                done = drill.end()
                assert done.code == 0, done.err
    assert scratch_databases(subject) == []


def test_an_interrupted_drill_leaves_nothing(typical: Subject, local: Storage):
    project = Project({"default": typical.database}, local, {**typical.options, "COMPRESSION": "none"})
    typical.fill_simply(megabytes=8)
    project.ok("dbbackup")
    project.options |= slow("2M")
    with project.started(*DRILL) as run:
        begin_load(typical, run)
        run.process.send_signal(signal.SIGTERM)
        done = run.end()
    assert done.code == 143, done.err
    assert scratch_databases(typical) == []
    assert records(local) == []


def test_without_the_right_to_create_a_database_the_statement_is_told_and_works(postgresql: Postgresql, local: Storage):
    project = Project({"default": postgresql.database}, local, postgresql.options)
    postgresql.fill_simply()
    project.ok("dbbackup")
    with postgresql.server.connect() as connection:
        connection.execute(f"ALTER ROLE {postgresql.role} NOCREATEDB".encode())
    done = project.run(*DRILL)
    assert done.code == 2, done.err
    assert done.error.count("\n") == 0
    assert "set DRILL_DATABASE" in done.error
    assert scratch_databases(postgresql) == []
    assert records(local) == []
    with postgresql.server.connect() as connection:
        connection.execute(done.error.partition("run: ")[2].partition(";")[0].encode())
    project.ok(*DRILL)


def test_without_the_right_to_a_scratch_schema_the_grant_is_told_and_works(schema: Mysql, local: Storage):
    project = Project({"default": schema.database}, local, schema.options)
    schema.fill_simply()
    project.ok("dbbackup")
    schema.server.query(f"REVOKE ALL ON `{schema.name.replace('_', '\\_')}\\_\\_restore\\_%`.* FROM {schema.role}")
    done = project.run(*DRILL)
    assert done.code == 2, done.err
    assert done.error.count("\n") == 0
    assert "set DRILL_DATABASE" in done.error
    assert scratch_databases(schema) == []
    assert records(local) == []
    schema.server.query(done.error.partition("run: ")[2].partition(";")[0])
    project.ok(*DRILL)


def test_what_a_restore_by_this_role_leaves_out_is_no_difference(postgresql: Postgresql, local: Storage):
    postgresql.fill_simply()
    with postgresql.server.connect(postgresql.name) as connection:
        for statement in (
            "CREATE FUNCTION public.noted() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
            "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.noted()",
            "COMMENT ON EVENT TRIGGER watch IS 'left out too'",
            "CREATE FUNCTION public.sine(float8) RETURNS float8 LANGUAGE internal AS 'dsin'",
            "COMMENT ON FUNCTION public.sine(float8) IS 'left out too'",
        ):
            connection.execute(statement.encode())
    project = Project({"default": postgresql.database}, local, postgresql.options)
    project.ok("dbbackup")
    project.ok(*DRILL)
    with postgresql.server.connect(postgresql.name) as connection:
        connection.execute(b"DROP EVENT TRIGGER watch")


def test_a_scratch_database_on_another_server(postgresql: Postgresql, local: Storage):
    with postgresql.server.database() as other:
        project = Project({"default": postgresql.database}, local, dict(postgresql.options))
        project.options["DRILL_DATABASE"] = postgresql.server.settings(other)
        postgresql.fill_with_everything()
        project.ok("dbbackup")
        then = postgresql.fingerprint()
        with postgresql.server.connect() as connection:
            connection.execute(f"ALTER ROLE {postgresql.role} NOCREATEDB".encode())
        project.ok(*DRILL)
        assert record(local)["drill"]["where"].startswith(f"{other}__drill_")
        assert postgresql.fingerprint() == then
        assert scratch_databases(postgresql) == []
        assert postgresql.execute(f"SELECT * FROM pg_database WHERE datname ~ '{other}__drill_'") == []


def test_the_live_database_is_refused_as_the_one_for_drills(typical: Subject, typical_project: Project):
    typical.fill_simply()
    typical_project.ok("dbbackup")
    then = typical.fingerprint()
    typical_project.options["DRILL_DATABASE"] = typical.database
    done = typical_project.run(*DRILL)
    assert done.code == 2, done.err
    assert 'DRILL_DATABASE is the database "default" itself' in done.error
    assert typical.fingerprint() == then
    assert scratch_databases(typical) == []


def test_a_server_of_another_version_compares_rows_only(request: pytest.FixtureRequest, local: Storage):
    server = request.getfixturevalue("postgres")(15)
    newer = request.getfixturevalue("postgres")(17)
    with server.database() as name, newer.database() as other:
        subject = Postgresql(server, name)
        options = {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(newer.client_dir)}}}
        project = Project({"default": subject.database}, local, {**options, "DRILL_DATABASE": newer.settings(other)})
        subject.fill_simply()
        subject.add_later_things()
        project.ok("dbbackup")
        done = project.run(*DRILL)
        assert done.code == 0, done.err
        (note,) = record(local)["drill"]["notes"]
        assert "only rows, sequences and settings were compared" in note
        assert note in done.err
        subject.close()


def test_a_database_with_a_hostile_name(postgresql: Postgresql, local: Storage):
    postgresql.fill_with_everything()
    project = Project({"default": postgresql.database}, local, postgresql.options)
    project.ok("dbbackup")
    name = postgresql.beside()
    project.ok("dbrestore", "--noinput", "--into", name)
    hostile = Project({"default": {**postgresql.database, "NAME": name}}, local, postgresql.options)
    hostile.options["DB_BACKUP_DIR"] = "hostile"
    hostile.options["PROJECT"] = "hostile"
    hostile.ok("dbbackup")
    then = postgresql.fingerprint(name)
    hostile.ok(*DRILL)
    assert postgresql.fingerprint(name) == then
    assert scratch_databases(postgresql) == []


def test_an_event_that_names_the_live_schema_does_not_run(schema: Mysql, local: Storage, tmp_path: Path):
    project = Project({"default": schema.database}, local, schema.options)
    schema.fill_simply()
    schema.script(
        f"CREATE EVENT lose ON SCHEDULE EVERY 1 SECOND DISABLE DO DELETE FROM `{schema.name}`.word WHERE id = 1;"
    )
    project.ok("dbbackup")
    (backup,) = project.backups()
    enabled = (b"PRESERVE DISABLE DO", b"PRESERVE ENABLE DO")
    change_content(project, backup, lambda data: data.replace(*enabled), tmp_path)
    schema.server.query("SET GLOBAL event_scheduler = ON")
    project.options["DRILL_ASSERTIONS"] = str(assertion_file(tmp_path, "SELECT SLEEP(2.5)", 0))
    project.ok(*DRILL)
    assert len(schema.words()) == 3


def assertion_file(folder: Path, query: str, expected: object) -> Path:
    path = folder / "assertions.toml"
    path.write_text(f"[[assertion]]\nquery = {json.dumps(query)}\nexpected = {json.dumps(expected)}\n")
    return path


@pytest.mark.representatives("sqlite-file", "postgresql-17")
@pytest.mark.parametrize("subject", ["sqlite-file", "postgresql-17", "mysql-9"], indirect=True)
def test_assertions(subject: Subject, project: Project, tmp_path: Path):
    subject.fill_simply()
    project.ok("dbbackup")
    project.options["DRILL_ASSERTIONS"] = str(assertion_file(tmp_path, "SELECT count(*), 'x' FROM word", "3\tx"))
    project.ok(*DRILL)
    assert record(project.storage)["drill"]["assertions"] == 1
    assertion_file(tmp_path, "DELETE FROM word", "")
    done = project.run(*DRILL)
    assert done.code == 2, done.err
    assert 'the assertion "DELETE FROM word" cannot be run. Correct it.' in done.error
    assertion_file(tmp_path, "SELECT count(*) FROM word", 4)
    done = project.run(*DRILL)
    assert done.code == 5, done.err
    assert 'assertion "SELECT count(*) FROM word": 3, expected 4' in done.error
    assert scratch_databases(subject) == []
    assert project.backups()[0]["state"] == "failed"


def test_a_file_of_assertions_that_does_not_parse(typical: Subject, typical_project: Project, tmp_path: Path):
    typical.fill_simply()
    typical_project.ok("dbbackup")
    path = tmp_path / "assertions.toml"
    typical_project.options["DRILL_ASSERTIONS"] = str(path)
    for content in ("query = ", "[[assertion]]\nquery = 1\nexpected = 1", "[[assertion]]\nquery = 'SELECT 1'", ""):
        path.write_text(content)
        done = typical_project.run(*DRILL)
        assert done.code == 2, done.err
        assert f"DRILL_ASSERTIONS {path} cannot be used: " in done.error
        assert done.error.count("\n") == 0
    path.unlink()
    assert "cannot be read" in typical_project.run(*DRILL).error
    assert scratch_databases(typical) == []


def test_mongodb_has_no_assertions(mongodb: Mongodb, local: Storage, tmp_path: Path):
    mongodb.fill_simply()
    options = {**mongodb.options, "DRILL_ASSERTIONS": str(assertion_file(tmp_path, "SELECT 1", 1))}
    project = Project({"default": mongodb.database}, local, options)
    project.ok("dbbackup")
    done = project.run(*DRILL)
    assert done.code == 2, done.err
    assert "does not understand SQL" in done.error


def test_sqlite_without_room_for_the_scratch_database(tmp_path: Path, local: Storage):
    subject = Sqlite(tmp_path, "file")
    subject.fill_simply()
    project = Project({"default": subject.database}, local, subject.options)
    project.ok("dbbackup")
    (backup,) = project.backups()
    manifest = project.manifest(backup)
    manifest["objects"][0]["raw_bytes"] = 1 << 49
    (path,) = [path for path in local.files() if path.endswith(f"-{backup['id']}.json")]
    local.put(path, json.dumps(manifest).encode(), tmp_path / "manifest")
    done = project.run(*DRILL)
    assert done.code == 2, done.err
    assert "set TMPDIR to another folder" in done.error
    assert scratch_databases(subject) == []
