"""MySQL and MariaDB: what a role lacks is said before anything changes, with the statement to paste."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects.mysql import Mysql
from tests.contract.test_restore_faults import flipped_in_the_middle
from tests.support.servers import start_mysql


@pytest.fixture
def project(schema: Mysql, local: Storage) -> Project:
    return Project({"default": schema.database}, local, schema.options)


@pytest.mark.exhaustive
def test_without_the_right_to_a_scratch_schema_the_grant_is_told_and_works(schema: Mysql, project: Project):
    schema.fill_simply()
    project.ok("dbbackup")
    schema.execute("DELETE FROM word WHERE id = 1")
    scratch = f"`{schema.name.replace('_', '\\_')}\\_\\_restore\\_%`.*"
    schema.server.query(f"REVOKE ALL ON {scratch} FROM {schema.role}")
    error = project.restore(code=2)
    assert "--in-place" in error
    assert len(schema.words()) == 2
    schema.server.query(error.partition("run: ")[2].partition(";")[0])
    project.restore()
    assert len(schema.words()) == 3


def test_in_place_needs_no_other_schema_and_brings_everything_back(schema: Mysql, project: Project):
    schema.fill_with_everything()
    then = schema.fingerprint()
    project.ok("dbbackup")
    schema.change_everything()
    schema.server.query(f"REVOKE ALL ON `{schema.name.replace('_', '\\_')}\\_\\_restore\\_%`.* FROM {schema.role}")
    assert "half restored" in project.restore("--in-place")
    assert schema.fingerprint() == then


@pytest.mark.exhaustive
def test_in_place_begins_with_nothing_damaged(schema: Mysql, project: Project, tmp_path: Path):
    schema.fill_simply(megabytes=2)
    project.options["COMPRESSION"] = "none"
    project.ok("dbbackup")
    (backup,) = project.backups()
    content = project.storage.copy(backup["path"], tmp_path / "object").read_bytes()
    project.storage.put(backup["path"], flipped_in_the_middle(content), tmp_path / "damaged")
    schema.execute("DELETE FROM word WHERE id = 1")
    now = schema.fingerprint()
    assert "damaged" in project.restore("--in-place", code=5)
    assert schema.fingerprint() == now


@pytest.mark.exhaustive
def test_programs_of_others_that_the_role_may_not_make_are_told_before_anything_changes(
    schema: Mysql, project: Project
):
    schema.fill_with_everything()
    project.ok("dbbackup")
    schema.change_everything()
    now = schema.fingerprint()
    schema.server.query(f"REVOKE {schema.RIGHT_TO_DEFINERS[schema.server.flavour]} ON *.* FROM {schema.role}")
    error = project.restore(code=2)
    assert "`somebody`@`%`" in error
    assert schema.fingerprint() == now
    assert schema.scratch() == []
    schema.server.query(error.partition("run: ")[2].partition(";")[0])
    project.restore()
    assert schema.fingerprint() != now


@pytest.mark.exhaustive
def test_a_server_that_lets_no_ordinary_role_make_triggers_is_told_before_anything_changes(
    local: Storage,
) -> None:
    with start_mysql("mysql") as server, server.database() as name:
        schema = Mysql(server, name)
        project = Project({"default": schema.database}, local, schema.options)
        schema.fill_simply()
        schema.execute("CREATE TRIGGER t BEFORE INSERT ON word FOR EACH ROW SET NEW.id = NEW.id")
        project.ok("dbbackup")
        now = schema.fingerprint()
        schema.server.query("SET GLOBAL log_bin_trust_function_creators = 0")
        assert "log_bin_trust_function_creators" in project.restore(code=2)
        assert schema.fingerprint() == now


def test_a_role_that_cannot_see_triggers_makes_no_backup_without_them(schema: Mysql, project: Project):
    schema.fill_simply()
    schema.server.query(f"REVOKE TRIGGER, EVENT ON `{schema.name.replace('_', '\\_')}`.* FROM {schema.role}")
    done = project.run("dbbackup")
    assert done.code == 2, done.err
    assert "lacks TRIGGER, EVENT" in done.error
    assert project.storage.files() == []
