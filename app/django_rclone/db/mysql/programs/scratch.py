"""A helper program: claims and drops the scratch schemas of drills, and queries them.

    scratch claim LOCATION SCHEMA MYSQL OPTIONS MARIADB OPTIONS          hold the schema's lock until stdin ends
    scratch sweep LOCATION SCHEMA MYSQL OPTIONS MARIADB OPTIONS          drop those that no drill holds any more
    scratch drop LOCATION SCHEMA MYSQL OPTIONS MARIADB OPTIONS           drop the schema
    scratch query LOCATION SCHEMA MYSQL OPTIONS MARIADB OPTIONS SQL      print the result of a query

SCHEMA is the name of a scratch schema; ``sweep`` drops others of the same database and owner. The server releases a
lock when its session ends, so also when the drill dies.
"""

from __future__ import annotations

import sys

from django_rclone import process
from django_rclone.db import entry_point
from django_rclone.db.mysql import journal
from django_rclone.db.mysql.errors import error_in
from django_rclone.db.mysql.names import drill_leftovers, drill_lock
from django_rclone.db.mysql.programs.server import connected
from django_rclone.db.mysql.quoting import quote_name
from django_rclone.db.mysql.schema_changes import session_settings
from django_rclone.db.mysql.session import ClientSession, client_command
from django_rclone.exceptions import ConfigurationError, ProgramFailed
from django_rclone.process.interrupts import interruptible

_SCHEMAS = "SELECT schema_name FROM information_schema.schemata;"
_YEAR = 31536000  # seconds, the longest wait_timeout


def claim(session: ClientSession, schema: str) -> None:
    """Holds the schema's lock until stdin ends."""
    script = (
        f"SET SESSION wait_timeout = {_YEAR};\n"
        + journal.assertion(f"GET_LOCK('{drill_lock(schema)}', 0) = 1", journal.LOCKED)
        + "SELECT 'claimed';\n"
    )
    command = client_command(session.client, session.options, "--unbuffered")
    with process.hold(command, script.encode()):
        print("claimed", flush=True)
        while sys.stdin.buffer.read(1 << 16):
            continue


def sweep(session: ClientSession, schema: str) -> None:
    """Drops the scratch schemas of the same database and owner whose lock is free. Their names are random, and not used
    again."""
    for name in drill_leftovers(session.run(_SCHEMAS).splitlines(), schema):
        if session.run(f"SELECT IS_FREE_LOCK('{drill_lock(name)}');").strip() == "1":
            drop(session, name)


def drop(session: ClientSession, schema: str) -> None:
    """Drops the schema, if it exists."""
    session.run(f"{session_settings()}DROP DATABASE IF EXISTS {quote_name(schema)};")


def query(session: ClientSession, schema: str, sql: str) -> None:
    """Prints the result of a query, which cannot change anything."""
    try:
        print(session.run(f"SET SESSION TRANSACTION READ ONLY;\n{sql}\n;", schema), end="")
    except ProgramFailed as failure:
        raise ConfigurationError(error_in(failure.stderr)[1] or failure.ending) from failure


@interruptible()
def main(arguments: list[str]) -> None:
    """Runs the step that the first argument names."""
    step, location, schema, *rest = arguments
    clients_and_options, sql = rest[:4], rest[4:]
    with connected(location, clients_and_options) as (session, _flavour):
        match step:
            case "claim":
                claim(session, schema)
            case "sweep":
                sweep(session, schema)
            case "drop":
                drop(session, schema)
            case "query":
                query(session, schema, *sql)
            case _:
                raise ConfigurationError(f"{step} is not a known step.")


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
