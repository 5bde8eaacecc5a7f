"""A program: looks at a schema and prints JSON documents, one a line, that mysql_facts.py understands.

    python -m django_rclone.db.mysql_probe PLACE SCHEMA MYSQL OPTIONS MARIADB OPTIONS

MYSQL and MARIADB are the clients of either flavour, empty where there is none; the server's first packet tells which
one it takes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from django_rclone.db import mysql_program
from django_rclone.db.mysql_clients import flavour_of, only_others
from django_rclone.db.mysql_explain import explained
from django_rclone.db.mysql_grants import without_hash
from django_rclone.db.mysql_greeting import server_version
from django_rclone.db.mysql_names import JOURNAL, leftovers, lock, quote_name, quote_text
from django_rclone.db.mysql_option_file import read_options
from django_rclone.db.mysql_session import Session
from django_rclone.exceptions import ConfigurationError, ProgramFailed

SCRIPT = Path(__file__).with_name("mysql_probe.sql")
_MIGRATIONS = """
SELECT JSON_OBJECT('migration', name, 'app', app) FROM django_migrations
 WHERE id IN (SELECT MAX(id) FROM django_migrations GROUP BY app);
"""
_LEFTOVER = """
SELECT JSON_OBJECT('leftover', {name}, 'state', CONVERT(body USING utf8mb4),
                   'age', TIMESTAMPDIFF(SECOND, moment, CURRENT_TIMESTAMP)) FROM {journal} WHERE part = 'state';
"""


def probe(session: Session, schema: str) -> None:
    """Prints all that there is to know."""
    described = session.run(SCRIPT.read_text(), schema)
    print(described, end="")
    documents = [json.loads(line) for line in described.splitlines()]
    print(session.run(f"SELECT JSON_OBJECT('locked', IS_USED_LOCK('{lock(schema)}') IS NOT NULL);", schema), end="")
    for line in session.run("SHOW GRANTS;", schema).splitlines():
        print(json.dumps({"grant": without_hash(line)}))
    if any(row.get("table") == "django_migrations" for row in documents):
        print(_or_nothing(session, _MIGRATIONS, schema), end="")
    for name in leftovers((row["schema"] for row in documents if "schema" in row), schema):
        print(_leftover(session, name), end="")


def _leftover(session: Session, name: str) -> str:
    query = _LEFTOVER.format(name=quote_text(name), journal=quote_name(name, JOURNAL))
    return _or_nothing(session, query) or json.dumps({"leftover": name, "state": "", "age": 0}) + "\n"


def _or_nothing(session: Session, query: str, schema: str = "") -> str:
    try:
        return session.run(query, schema)
    except ProgramFailed:  # not ours to read, or gone since we looked
        return ""


def main(arguments: list[str]) -> None:
    """Does what the program is for."""
    place, schema, mysql, mysql_options, mariadb, mariadb_options = arguments
    clients = {"mysql": (mysql, mysql_options), "mariadb": (mariadb, mariadb_options)}
    here = [flavour for flavour, (client, _options) in clients.items() if client]
    announced = server_version(read_options(Path(clients[here[0]][1]), ("client",)))
    flavour = flavour_of(announced) if announced else here[0]
    # What a proxy announces need not be true: the other client may do as well, and the server then says what it is.
    client, options = clients[flavour if flavour in here else here[0]]
    with explained(place):
        try:
            probe(Session(client, Path(options).read_text()), schema)
        except ProgramFailed as failure:
            if flavour in here:
                raise
            raise ConfigurationError(only_others(announced, here)) from failure


if __name__ == "__main__":
    sys.exit(mysql_program.run(lambda: main(sys.argv[1:])))
