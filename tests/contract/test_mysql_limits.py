"""MySQL and MariaDB: what a server would not take again is said at the backup, with what helps."""

from __future__ import annotations

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects.mysql import Mysql
from tests.support.servers import start_mysql

MEBIBYTE = 1 << 20


@pytest.mark.exhaustive
@pytest.mark.parametrize("flavour", ["mysql", "mariadb"])
def test_a_row_that_is_too_long_as_a_statement_is_refused_and_the_remedy_helps(flavour: str, local: Storage):
    with start_mysql(flavour, "max_allowed_packet=4M") as server, server.database() as name:
        schema = Mysql(server, name)
        project = Project({"default": schema.database}, local, schema.options)
        schema.fill_simply()
        # Three bytes in four of the limit are six in four as digits.
        schema.execute("CREATE TABLE file (id int PRIMARY KEY, data longblob, note longtext)")
        schema.execute(f"INSERT INTO file VALUES (1, REPEAT(0xFF, {3 * MEBIBYTE}), 'x')")
        there = local.files()
        done = project.run("dbbackup")
        assert done.code == 2, done.err
        assert "max_allowed_packet" in done.error
        assert local.files() == there
        server.query(done.error.partition("run: ")[2].partition(";")[0])
        project.ok("dbbackup")
        # The limit is back when the restore begins: the right cause is said, and nothing is changed.
        server.query(f"SET GLOBAL max_allowed_packet = {4 * MEBIBYTE}")
        schema.lose_words(1)
        for way in ((), ("--in-place",)):
            error = project.restore(*way, code=2)
            assert "max_allowed_packet" in error
            assert "HOST" not in error
            assert len(schema.words()) == 2
        assert schema.scratch() == []
        server.query(error.partition("run: ")[2].partition(";")[0])
        project.restore()
        assert len(schema.words()) == 3
        schema.close()


def test_a_row_that_only_its_quotes_make_too_long_is_found_while_it_is_dumped(local: Storage):
    with start_mysql("mariadb", "max_allowed_packet=1M") as server, server.database() as name:
        schema = Mysql(server, name)
        project = Project({"default": schema.database}, local, schema.options)
        schema.fill_simply()
        schema.execute("CREATE TABLE note (id int PRIMARY KEY, text longtext)")
        schema.execute("INSERT INTO note VALUES (1, REPEAT('\\n', 700000))")
        done = project.run("dbbackup")
        assert done.code == 2, done.err
        assert "`note`" in done.error
        assert "max_allowed_packet" in done.error
        assert local.files() == []
        schema.close()


def test_a_routine_whose_text_the_role_may_not_see_is_refused_and_the_grant_helps(schema: Mysql, local: Storage):
    project = Project({"default": schema.database}, local, schema.options)
    schema.fill_simply()
    schema.server.query("CREATE PROCEDURE of_root() SELECT 1", schema.name)
    if schema.server.flavour == "mysql":
        schema.server.query(f"REVOKE SHOW_ROUTINE ON *.* FROM {schema.role}")
    else:
        pattern = f"`{schema.name.replace('_', '\\_')}`.*"
        schema.server.query(f"REVOKE ALL ON {pattern} FROM {schema.role}")
        schema.server.query(f"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON {pattern} TO {schema.role}")
    done = project.run("dbbackup")
    assert done.code == 2, done.err
    assert "of_root" in done.error
    schema.server.query(done.error.partition("run: ")[2].partition(";")[0])
    project.ok("dbbackup")


@pytest.mark.exhaustive
def test_a_table_without_a_key_on_a_server_that_wants_one_is_refused(local: Storage):
    with start_mysql("mysql") as server, server.database() as name:
        schema = Mysql(server, name)
        project = Project({"default": schema.database}, local, schema.options)
        schema.fill_simply()
        schema.execute("CREATE TABLE keyless (n int)")
        for variable in ("sql_require_primary_key", "sql_generate_invisible_primary_key"):
            server.query(f"SET GLOBAL {variable} = 1")
            done = project.run("dbbackup")
            assert done.code == 2, done.err
            assert variable in done.error
            server.query(f"SET GLOBAL {variable} = 0")
        server.query("SET GLOBAL sql_generate_invisible_primary_key = 1")
        server.query(done.error.partition("administrator: ")[2].partition(";")[0])
        then = schema.fingerprint()
        project.ok("dbbackup")
        schema.execute("DROP TABLE keyless")
        project.restore()
        assert schema.fingerprint() == then
        schema.close()
