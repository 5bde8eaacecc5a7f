"""Obstacles to a backup of a MySQL or MariaDB schema, and notes of a backup."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from django_rclone.db.mysql import dump_preflight, schema_references
from django_rclone.db.mysql import facts as mysql_facts
from django_rclone.db.mysql.facts import LiveDatabase
from django_rclone.db.mysql.inexact_values import value_queries
from django_rclone.db.mysql.session_variables import init_command
from tests.unit.db.mysql.test_connector import facts

LIVE = mysql_facts.live(facts())
ON_MARIADB = mysql_facts.live(facts(version="11.8.6-MariaDB"))


def problems(live: LiveDatabase, **changes: Any) -> str:
    return " ".join(dump_preflight.problems(dataclasses.replace(live, **changes), "app"))


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"sql_select_limit": "10"}, "sql_select_limit = 10"),
        ({"sql_big_selects": "OFF"}, "sql_big_selects = 0"),
        ({"sql_quote_show_create": "OFF"}, "sql_quote_show_create = 0"),
        ({"sql_select_limit": str(2**64 - 1), "sql_big_selects": "ON", "character_set_results": "latin1"}, ""),
    ],
)
def test_a_session_that_would_change_the_dump_is_refused_where_it_cannot_be_set(variables: dict, message: str):
    assert problems(LIVE, variables=variables) == ""
    found = problems(ON_MARIADB, variables=variables)
    assert message in found
    assert bool(found) == bool(message)


def test_character_sets_matter_where_names_have_other_letters():
    variables = {"character_set_results": "latin1", "character_set_client": "utf8mb3"}
    assert "character_set_results = latin1" in problems(ON_MARIADB, variables=variables, non_ascii_columns=("größe",))


@pytest.mark.parametrize(
    ("version", "grant"),
    [
        ("9.7.4", "GRANT SHOW_ROUTINE ON *.* TO `app`@`%`;"),
        ("10.11.14-MariaDB", "GRANT SELECT ON mysql.proc TO `app`@`%`;"),
        ("11.2.6-MariaDB", "GRANT SELECT ON mysql.proc TO `app`@`%`;"),
        ("11.3.1-MariaDB", "GRANT SHOW CREATE ROUTINE ON `app`.* TO `app`@`%`;"),
    ],
)
def test_a_routine_that_cannot_be_seen_is_refused_with_the_grant_of_that_version(version: str, grant: str):
    routine = {"routine": "p", "type": "PROCEDURE", "definer": "root@%", "hidden": True}
    found = problems(mysql_facts.live(facts(routine, version=version)))
    assert "may not see the definition of p" in found
    assert grant in found
    assert problems(mysql_facts.live(facts({**routine, "hidden": 0}, version=version))) == ""


def test_tables_that_the_server_would_not_make_again_are_refused():
    assert "innodb_force_primary_key" in problems(
        ON_MARIADB, keyless=("t",), variables={"innodb_force_primary_key": "ON"}
    )
    needs = {"sql_require_primary_key": "ON"}
    assert "SESSION_VARIABLES_ADMIN" in problems(LIVE, keyless=("t",), variables=needs, sets_restricted=False)
    assert problems(LIVE, keyless=("t",), variables=needs, sets_restricted=True) == ""
    assert problems(LIVE, variables=needs, sets_restricted=False) == ""
    assert "enforce_storage_engine" in problems(ON_MARIADB, variables={"enforce_storage_engine": "Aria"})


def test_a_row_that_is_too_long_is_refused_with_a_size_that_is_enough():
    assert problems(LIVE, longest={"t": 100}, max_packet=100) == ""
    found = problems(LIVE, longest={"t": 20_000_000}, max_packet=16_000_000)
    assert "20,000,000" in found
    assert "max_allowed_packet = 33554432;" in found


def test_only_columns_that_may_not_be_exact_are_looked_at():
    def column(name: str, data_type: str, charset: str | None = None, size: int = 10) -> dict[str, Any]:
        return {"column": name, "in": "t", "data_type": data_type, "charset": charset, "bytes": size}

    plain = [column("a", "longtext", "utf8mb4"), column("b", "text", "latin1"), column("c", "longblob")]
    assert list(value_queries(plain, "app", "mysql", 100)) == []
    (query,) = value_queries([*plain, column("d", "float"), column("e", "char", "cp1251")], "app", "mysql", 100)
    assert query.columns == (("d", "float"), ("e", "text"))
    assert list(query.parse("1\t0\t0\n")) == [{"inexact": "t.d", "kind": "float", "sure": True}]
    assert [row["sure"] for row in query.parse("")] == [False, False]  # the server stopped it
    (query,) = value_queries([column("c", "longblob", size=80)], "app", "mariadb", 100)
    assert "LENGTH(`c`), 0) * 2" in query.sql
    assert list(query.parse("77")) == [{"longest": "t", "size": 77}]


def test_the_server_tells_its_time():
    found = facts(clock="2026-11-27T07:27:25.738989+00:00")
    assert found.clock == datetime(2026, 11, 27, 7, 27, 25, 738989, tzinfo=UTC)
    assert facts().clock is None


def test_a_key_that_an_interrupted_swap_has_dropped_is_made_and_not_dropped_again():
    key = {"table": "t", "key": "c", "clause": "CONSTRAINT `c` FOREIGN KEY (`p`) REFERENCES `q` (`id`)"}
    drop = "ALTER TABLE `app`.`t` DROP FOREIGN KEY `c`;\n"
    add = f"ALTER TABLE `app`.`t` ADD {key['clause']};\n"
    assert schema_references.statements("app", [key]).endswith(drop + add)
    again = schema_references.statements("app", [key], [("t", "c")])
    assert add in again
    assert "DROP" not in again
    assert schema_references.statements("app", []) == ""


def test_what_mysql_lets_few_set_is_left_out_for_the_others():
    assert "sql_require_primary_key" not in init_command()
    assert "sql_require_primary_key" in init_command(restricted=True)
