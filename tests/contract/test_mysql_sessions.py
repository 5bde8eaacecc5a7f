"""MySQL and MariaDB: what a server gives every session that asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects.mysql import Mysql
from tests.support.servers import MysqlServer, start_mysql

# What administrators have put there; a role that is no administrator gets all of it.
_BAD = (
    "SET sql_mode = 'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT', "
    "time_zone = '+09:00', autocommit = 0, completion_type = 2, sql_safe_updates = 1, group_concat_max_len = 4, "
    "foreign_key_checks = 1, unique_checks = 1"
)
_OF_FLAVOUR = {
    "mysql": ", NAMES latin1, sql_select_limit = 2, max_join_size = 1, max_execution_time = 1, "
    "transaction_read_only = 1, sql_quote_show_create = 0, show_gipk_in_create_table_and_information_schema = 0",
    "mariadb": ", max_statement_time = 0.05, tx_read_only = 1, innodb_strict_mode = 1, check_constraint_checks = 1, "
    "explicit_defaults_for_timestamp = 0",
}


@pytest.fixture(params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[MysqlServer]:
    """A server that nobody else uses: its global settings are changed."""
    with start_mysql(request.param) as server:
        yield server


def begin_sessions(server: MysqlServer, text: str) -> None:
    """Lets every session but an administrator's begin so."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL init_connect = %s", (text,))


@pytest.mark.exhaustive
def test_whatever_a_session_begins_with_everything_is_in_the_backup_and_comes_back(server: MysqlServer, local: Storage):
    with server.database() as name:
        schema = Mysql(server, name)
        project = Project({"default": schema.database}, local, schema.options)
        schema.fill_with_everything()
        then = schema.fingerprint()
        begin = _BAD + _OF_FLAVOUR[server.flavour]
        begin_sessions(server, begin)
        project.ok("dbbackup")
        for way in ((), ("--in-place",)):
            begin_sessions(server, "")
            schema.change_everything()
            begin_sessions(server, begin)
            project.restore(*way)
            assert schema.fingerprint() == then
        other = schema.beside()
        project.restore("--into", other)
        assert schema.fingerprint(other) == then
        schema.close()


def test_a_limit_that_mariadbs_dump_program_cannot_lift_is_refused(local: Storage):
    with start_mysql("mariadb") as server, server.database() as name:
        schema = Mysql(server, name)
        project = Project({"default": schema.database}, local, schema.options)
        schema.fill_simply()
        server.query("SET GLOBAL sql_select_limit = 2")
        done = project.run("dbbackup")
        assert done.code == 2
        assert "sql_select_limit = 2" in done.error
        assert local.files() == []
        server.query("SET GLOBAL sql_select_limit = DEFAULT")
        begin_sessions(server, "SET sql_select_limit = 2")
        assert "sql_select_limit = 2" in project.run("dbbackup").error
        begin_sessions(server, "SET sql_quote_show_create = 0")
        assert "sql_quote_show_create" in project.run("dbbackup").error
        begin_sessions(server, "SET NAMES latin1")
        project.ok("dbbackup")
        server.query("CREATE TABLE other (größe int)", name)
        assert "character_set_client = latin1" in project.run("dbbackup").error
        server.query("DROP TABLE other", name)
        begin_sessions(server, "SET sql_select_limit = 1")  # a restore sets its own
        schema.lose_words(1, 2)
        project.restore()
        begin_sessions(server, "")
        assert len(schema.words()) == 3
        schema.close()


@pytest.mark.exhaustive
def test_a_server_whose_mode_changes_what_quotes_mean_is_backed_up(local: Storage):
    for flavour in ("mysql", "mariadb"):
        modes = "ANSI_QUOTES,STRICT_TRANS_TABLES" if flavour == "mysql" else "ORACLE,ANSI_QUOTES"
        with start_mysql(flavour, f"sql_mode={modes}") as server, server.database() as name:
            schema = Mysql(server, name)
            project = Project({"default": schema.database}, local, schema.options)
            schema.fill_simply()
            then = schema.fingerprint()
            project.ok("dbbackup")
            schema.lose_words(1)
            project.restore()
            assert schema.fingerprint() == then
            schema.close()
        project.ok("listbackups")
