"""A helper program: prints the facts about a schema as JSON documents, one per line, which facts.py reads.

    probe LOCATION SCHEMA MYSQL OPTIONS MARIADB OPTIONS

MYSQL and MARIADB are the clients of the two flavours, see server.py.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django_rclone.db import entry_point
from django_rclone.db.mysql.grants import without_password_hash
from django_rclone.db.mysql.inexact_values import ValueQuery, value_queries
from django_rclone.db.mysql.names import JOURNAL, leftovers, lock
from django_rclone.db.mysql.programs.server import connected
from django_rclone.db.mysql.quoting import quote_name, quote_value
from django_rclone.db.mysql.session import PROBE, ClientSession
from django_rclone.db.mysql.session_variables import RESTRICTED, UNLIMITED
from django_rclone.exceptions import ProgramFailed
from django_rclone.process.interrupts import interruptible

_TIME_LIMIT = 30.0
"""Seconds for all value queries; the query that is running then still ends."""
# Limits would shorten the output of SHOW as well.
_SESSION_DEFAULTS = f"""
SET @django_rclone = @@sql_select_limit, @django_rclone_2 = @@sql_big_selects;
SET SESSION sql_select_limit = {UNLIMITED}, SESSION sql_big_selects = 1
  /*!80000 , SESSION max_execution_time = 0 */ /*M!100600 , SESSION max_statement_time = 0 */;
SHOW SESSION VARIABLES WHERE variable_name IN (
  'character_set_client', 'character_set_results', 'sql_quote_show_create', 'sql_require_primary_key',
  'sql_generate_invisible_primary_key', 'innodb_strict_mode', 'innodb_force_primary_key', 'enforce_storage_engine');
SHOW SESSION STATUS LIKE 'Ssl_cipher';
SELECT 'sql_select_limit', @django_rclone;
SELECT 'sql_big_selects', IF(@django_rclone_2, 'ON', 'OFF');
"""
_MIGRATIONS = """
SELECT JSON_OBJECT('migration', name, 'app', app) FROM django_migrations
 WHERE id IN (SELECT MAX(id) FROM django_migrations GROUP BY app);
"""
_LEFTOVER = """
SELECT JSON_OBJECT('leftover', {name}, 'state', CONVERT(body USING utf8mb4),
                   'age', TIMESTAMPDIFF(SECOND, moment, CURRENT_TIMESTAMP)) FROM {journal} WHERE part = 'state';
"""


def probe(session: ClientSession, schema: str, flavour: str) -> None:
    """Prints the facts."""
    print(json.dumps({"variables": _variables(session)}))
    print(json.dumps({"sets_restricted": flavour != "mysql" or _can_run(session, RESTRICTED)}))
    described = session.run(PROBE.read_text(), schema)
    print(described, end="")
    documents = [json.loads(line) for line in described.splitlines()]
    print(session.run(f"SELECT JSON_OBJECT('locked', IS_USED_LOCK('{lock(schema)}') IS NOT NULL);", schema), end="")
    for line in session.run("SHOW GRANTS;", schema).splitlines():
        print(json.dumps({"grant": without_password_hash(line)}))
    if any(row.get("table") == "django_migrations" for row in documents):
        print(_run_or_empty(session, _MIGRATIONS, schema), end="")
    for name in leftovers((row["schema"] for row in documents if "schema" in row), schema):
        print(_leftover(session, name), end="")
    columns = [row for row in documents if "column" in row]
    max_packet = next(int(row["max_packet"]) for row in documents if "max_packet" in row)
    for document in _values(session, value_queries(columns, schema, flavour, max_packet)):
        print(json.dumps(document))


def _variables(session: ClientSession) -> dict[str, str]:
    """Returns the variables of a new session: the server's and the account's defaults, and init_connect."""
    lines = session.run(_SESSION_DEFAULTS, begin="").splitlines()
    return dict(line.split("\t", 1) for line in lines if "\t" in line)


def _can_run(session: ClientSession, statement: str) -> bool:
    try:
        session.run(f"{statement};")
    except ProgramFailed:
        return False
    return True


def _values(session: ClientSession, queries: Iterable[ValueQuery]) -> Iterator[dict[str, Any]]:
    """Runs the value queries within the time limit; columns without a result stay unknown."""
    end = time.monotonic() + _TIME_LIMIT
    for query in queries:
        yield from query.parse(_run_or_empty(session, query.sql) if time.monotonic() < end else "")


def _leftover(session: ClientSession, name: str) -> str:
    query = _LEFTOVER.format(name=quote_value(name), journal=quote_name(name, JOURNAL))
    return _run_or_empty(session, query) or json.dumps({"leftover": name, "state": "", "age": 0}) + "\n"


def _run_or_empty(session: ClientSession, query: str, schema: str = "") -> str:
    try:
        return session.run(query, schema)
    except ProgramFailed:  # not readable, or dropped meanwhile
        return ""


@interruptible()
def main(arguments: list[str]) -> None:
    """Probes the schema with the client of the server's flavour."""
    location, schema, *clients_and_options = arguments
    with connected(location, clients_and_options) as (session, flavour):
        probe(session, schema, flavour)


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
