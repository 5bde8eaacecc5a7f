"""MySQL and MariaDB: schemas that were made, or filled, in a way in which nothing could be made or filled today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.conftest import make_subject
from tests.contract.fingerprints import assert_equal_copy
from tests.contract.project import Project, Storage
from tests.contract.subjects.mysql import Mysql


@pytest.fixture
def project(schema: Mysql, local: Storage) -> Project:
    return Project({"default": schema.database}, local, schema.options)


@pytest.fixture
def mariadb(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mysql]:
    yield from make_subject("mariadb-11.8", request, tmp_path)


@pytest.fixture
def mysql_schema(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mysql]:
    yield from make_subject("mysql-9", request, tmp_path)


@pytest.fixture
def on_mariadb(mariadb: Mysql, local: Storage) -> Project:
    return Project({"default": mariadb.database}, local, mariadb.options)


def as_administrator(schema: Mysql, *statements: str) -> None:
    """Runs the statements in one session, which may set everything."""
    with schema.server.connect(schema.name) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def comes_back(schema: Mysql, project: Project, damage: Callable[[], object], *probes: str) -> None:
    """Backs up, damages, and restores in each way there is: beside, in place, and into another schema."""
    then, values = schema.fingerprint(), [schema.server.query(probe, schema.name) for probe in probes]
    project.ok("dbbackup")
    for way in ((), ("--in-place",)):
        damage()
        assert schema.fingerprint() != then
        project.restore(*way)
        assert schema.fingerprint() == then
        assert [schema.server.query(probe, schema.name) for probe in probes] == values
    other = schema.beside()
    project.restore("--into", other)
    assert schema.fingerprint(other) == then
    assert [schema.server.query(probe, other) for probe in probes] == values
    assert_equal_copy(schema, other)


@pytest.mark.exhaustive
def test_a_foreign_key_without_a_parent_still_waits_for_one_of_its_own_schema(schema: Mysql, project: Project):
    as_administrator(
        schema,
        "SET foreign_key_checks = 0",
        "CREATE TABLE child (id int PRIMARY KEY, p int, q int, KEY (p), KEY (q), CONSTRAINT `c 1` FOREIGN KEY (p) "
        "REFERENCES parent (id) ON DELETE CASCADE, CONSTRAINT d FOREIGN KEY (q) REFERENCES child (id))",
        "INSERT INTO child VALUES (1, 1, 1)",
    )
    probe = (
        "SELECT constraint_name FROM information_schema.referential_constraints "
        "WHERE constraint_schema = DATABASE() AND unique_constraint_schema = DATABASE() ORDER BY 1"
    )

    def damage() -> None:
        # The parent is there by now, and other than the key wants it.
        as_administrator(
            schema,
            *("SET foreign_key_checks = 0", "DROP TABLE child", "CREATE TABLE parent (id varchar(10) PRIMARY KEY)"),
        )

    comes_back(schema, project, damage, probe)


def test_a_default_of_a_sequence_comes_back_on_an_empty_server_and_a_copy_has_its_own(
    mariadb: Mysql, on_mariadb: Project
):
    as_administrator(
        mariadb,
        "CREATE SEQUENCE `the ``s` START WITH 100",
        "CREATE TABLE ticket (id int PRIMARY KEY DEFAULT (NEXT VALUE FOR `the ``s`), n int, "
        f"said varchar(90) DEFAULT '`{mariadb.name}`.' COMMENT 'not `{mariadb.name}`.x')",
        "CREATE TABLE old (id int DEFAULT (NEXT VALUE FOR `the ``s`)) WITH SYSTEM VERSIONING",
        "INSERT INTO ticket (n) VALUES (1), (2)",
    )

    def damage() -> None:
        as_administrator(mariadb, "DROP TABLE old", "DROP TABLE ticket", "DROP SEQUENCE `the ``s`")

    then = mariadb.fingerprint()
    on_mariadb.ok("dbbackup")
    damage()
    on_mariadb.restore()
    assert mariadb.fingerprint() == then
    other = mariadb.beside()
    on_mariadb.restore("--into", other)
    damage()
    on_mariadb.restore("--in-place")
    assert mariadb.fingerprint() == then
    query = "INSERT INTO ticket (n) VALUES (3) RETURNING id"
    assert mariadb.server.query(query, other) == mariadb.server.query(query, mariadb.name)
    # What is loaded by hand has its own sequence too.
    plain = mariadb.by_hand(on_mariadb.manifest(on_mariadb.backups()[0])["restore"])
    assert plain == then


@pytest.mark.exhaustive
def test_rows_that_break_their_rule_come_back(mariadb: Mysql, on_mariadb: Project):
    as_administrator(
        mariadb,
        "CREATE TABLE account (id int PRIMARY KEY, balance int, j longtext CHECK (JSON_VALID(j)), "
        "CONSTRAINT positive CHECK (balance > 0))",
        "SET check_constraint_checks = 0",
        "INSERT INTO account VALUES (1, -5, 'no json')",
    )
    comes_back(mariadb, on_mariadb, lambda: mariadb.execute("DELETE FROM account"), "SELECT * FROM account")


_WIDE = ", ".join(f"c{number} varchar(60)" for number in range(150))


@pytest.mark.exhaustive
def test_tables_that_only_a_lenient_server_makes_come_back(mariadb: Mysql, on_mariadb: Project):
    as_administrator(
        mariadb,
        "SET innodb_strict_mode = 0",
        f"CREATE TABLE wide (id int PRIMARY KEY, {_WIDE}) CHARSET = latin1 ROW_FORMAT = COMPACT",
        "INSERT INTO wide (id, c1) VALUES (1, 'a')",
        "CREATE TABLE odd (id int PRIMARY KEY) ROW_FORMAT = DYNAMIC KEY_BLOCK_SIZE = 8",
    )
    comes_back(mariadb, on_mariadb, lambda: mariadb.drop("odd", "wide"), "SELECT id, c1 FROM wide")


@pytest.mark.exhaustive
def test_a_table_that_mysql_may_not_make_again_is_said_at_the_backup_with_a_grant_that_helps(
    mysql_schema: Mysql, local: Storage
):
    project = Project({"default": mysql_schema.database}, local, mysql_schema.options)
    as_administrator(
        mysql_schema,
        "SET innodb_strict_mode = 0",
        f"CREATE TABLE wide (id int PRIMARY KEY, {_WIDE}) CHARSET = latin1 ROW_FORMAT = COMPACT",
    )
    done = project.run("dbbackup")
    assert done.code == 0
    assert "1118" in done.err
    mysql_schema.server.query(done.err.partition("run: ")[2].partition(";")[0])
    comes_back(mysql_schema, project, lambda: mysql_schema.drop("wide"))
    assert "1118" not in project.run("dbbackup").err


@pytest.mark.exhaustive
def test_dates_that_do_not_exist_come_back(schema: Mysql, project: Project):
    as_administrator(
        schema,
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        "CREATE TABLE person (id int PRIMARY KEY, born date DEFAULT '2001-02-30', at datetime)",
        "INSERT INTO person VALUES (1, '1961-02-31', '0000-00-00 00:00:00'), (2, '1970-04-31', '2020-00-00 00:00:00')",
    )
    probe = "SELECT id, CAST(born AS char), CAST(at AS char) FROM person ORDER BY id"
    comes_back(schema, project, lambda: schema.drop("person"), probe)


@pytest.mark.exhaustive
def test_floats_with_more_digits_than_a_dump_holds_are_named(schema: Mysql, project: Project):
    schema.execute("CREATE TABLE reading (id int PRIMARY KEY, x float, exact float, fixed float(10, 4), y double)")
    schema.execute("INSERT INTO reading VALUES (1, 16777216, 1.5, 123456.7891, 0.1), (2, 0.1, 3.40282e38, 1, 1e-300)")
    done = project.run("dbbackup")
    assert done.code == 0
    (said,) = [line for line in done.err.splitlines() if "FLOAT" in line]
    assert "reading.x:" in said
    assert "exact" not in said.replace("not exact", "")
    schema.execute("UPDATE reading SET x = 0.25")
    assert "FLOAT" not in project.run("dbbackup").err
    probe = "SELECT id, CAST(x AS double), CAST(exact AS double), CAST(fixed AS double), y FROM reading ORDER BY id"
    comes_back(schema, project, lambda: schema.execute("DELETE FROM reading"), probe)


def test_bytes_that_unicode_does_not_hold_are_named(schema: Mysql, project: Project):
    schema.execute(
        "CREATE TABLE old_text (id int PRIMARY KEY, ru varchar(50) CHARSET cp1251, el text CHARSET greek, "
        "he char(50) CHARSET hebrew, ja varchar(50) CHARSET cp932, la varchar(300) CHARSET latin1, "
        "wide text CHARSET utf16, plain varchar(50) CHARSET cp1251)"
    )
    every_byte = "".join(f"{byte:02X}" for byte in range(256))
    schema.execute(
        "INSERT INTO old_text VALUES (1, 0xD098D0BCD18F, 0xAED2, 0xDB, 0xFA4AED40, "
        f"0x{every_byte}, _utf8mb4'\\U0001F600☃ünï', _utf8mb4'Привет')"
    )
    done = project.run("dbbackup")
    assert done.code == 0
    (said,) = [line for line in done.err.splitlines() if "Unicode" in line]
    assert "old_text.ru" in said
    assert "old_text.el" in said
    assert "old_text.he" in said
    assert "old_text.ja" in said
    assert not any(f"old_text.{name}" in said for name in ("la", "wide", "plain"))
    # What is not named is as it was.
    probe = "SELECT id, HEX(la), HEX(wide), HEX(plain) FROM old_text"
    then = schema.server.query(probe, schema.name)
    schema.execute("DELETE FROM old_text")
    project.restore()
    assert schema.server.query(probe, schema.name) == then


@pytest.mark.exhaustive
def test_a_history_by_transaction_ids_is_refused_with_what_to_do(mariadb: Mysql, on_mariadb: Project):
    mariadb.execute(
        "CREATE TABLE v (id int PRIMARY KEY, a int, s bigint unsigned GENERATED ALWAYS AS ROW START, "
        "e bigint unsigned GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING"
    )
    mariadb.execute("INSERT INTO v (id, a) VALUES (1, 1)")
    done = on_mariadb.run("dbbackup")
    assert done.code == 2, done.err
    assert "transaction ids" in done.error
    assert on_mariadb.storage.files() == []
    as_administrator(
        mariadb,
        "SET system_versioning_alter_history = KEEP",
        "ALTER TABLE v DROP SYSTEM VERSIONING, DROP COLUMN s, DROP COLUMN e",
        "ALTER TABLE v ADD SYSTEM VERSIONING",
    )
    comes_back(mariadb, on_mariadb, lambda: mariadb.drop("v"))


@pytest.mark.exhaustive
def test_odd_values_come_back(schema: Mysql, project: Project):
    as_administrator(
        schema,
        "SET sql_mode = ''",
        "SET time_zone = 'SYSTEM'",
        "CREATE TABLE odd (id int PRIMARY KEY AUTO_INCREMENT, d double, e enum('a', 'b'), s set('x', 'y'), "
        "at timestamp NOT NULL, j json, big bit(64), hidden int DEFAULT 7 INVISIBLE, half float AS (d / 2) STORED, "
        "zh varchar(20) CHARSET gbk, ja varchar(20) CHARSET sjis, two varchar(20) CHARSET ucs2, "
        "three varchar(20) CHARSET utf8mb3 COMMENT 'it''s\\n\\\\ \\0 \\Z ☃', KEY down (d DESC)) COMMENT 'a\\nb ☃'",
        "CREATE TABLE ODD (id int PRIMARY KEY)",
        "INSERT INTO odd (id, d, e, s, at, j, big, zh, ja, two, three) VALUES "
        "(-1, 5e-324, 'no such', '', '1970-01-01 00:00:01', '[0.1, 1e300, 12345678901234567890]', b'1', "
        "0x8B5C, 0x835C, '☃', 'ü\\\\'), "
        "(2, -0.0, 'a', 'x,y', '2038-01-19 03:14:07', '\"\\\\u0000\"', 0xFFFFFFFFFFFFFFFF, '', '', '', ''), "
        "(3, 1.7976931348623157e308, NULL, NULL, '0000-00-00', NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO odd (id, d, at) VALUES (4, 0.1, '2020-10-25 00:30:00'), (5, 0.3, '2020-10-25 01:30:00')",
    )
    probe = (
        "SELECT id, d, CAST(d AS char), e + 0, s + 0, CAST(at AS char), j, HEX(big), hidden, HEX(zh), "
        "HEX(ja), HEX(two) FROM odd ORDER BY id"
    )
    comes_back(schema, project, lambda: schema.drop("odd", "ODD"), probe)
