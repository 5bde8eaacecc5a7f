"""Creates, keeps or drops the database that ``--into`` names."""

from __future__ import annotations

import secrets

from django_rclone.command import Attached, Command
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.psql import Psql
from django_rclone.db.postgresql.quoting import quote_name, quote_value

# Only a database with our mark is dropped: another session may have created one of that name in between.
_DROP = r"""
SELECT format('DROP DATABASE %I', datname) FROM pg_catalog.pg_database
 WHERE datname = :'name' AND pg_catalog.shobj_description(oid, 'pg_database') = :'mark' \gexec
"""


def create_database(psql: Psql, live: LiveDatabase, name: str) -> tuple[list[Command], str]:
    """Returns the commands that create the database, and the mark that it has until the restore is complete."""
    mark = f"unfinished restore by django-rclone {secrets.token_hex(8)}"
    connection = psql.connection
    if not (live.createdb or live.superuser):
        connection = psql.as_administrator(connection)
    create = f"CREATE DATABASE {quote_name(name)} {_same_locale(live)}"
    if connection is not psql.connection:
        create += f" OWNER {quote_name(live.role)}"
    comment = f"COMMENT ON DATABASE {quote_name(name)} IS {quote_value(mark)}"
    return [psql.in_isolated_session(connection, "-c", create, "-c", comment)], mark


def keep_database(psql: Psql, name: str) -> Command:
    """Returns the command that removes the mark."""
    return psql.in_isolated_session(psql.connection, "-c", f"COMMENT ON DATABASE {quote_name(name)} IS NULL")


def drop_database(psql: Psql, name: str, mark: str) -> Command:
    """Returns the command that drops the database if it has the mark."""
    variables = ("-v", f"name={name}", "-v", f"mark={mark}")
    return psql.in_isolated_session(psql.connection, *variables, "-f", Attached(_DROP.encode(), "drop if it is ours"))


def _same_locale(live: LiveDatabase) -> str:
    """Returns the options of CREATE DATABASE for the live database's encoding and locale."""
    row = live.database
    parts = [
        "TEMPLATE template0",
        f"ENCODING {quote_value(live.encoding)}",
        f"LC_COLLATE {quote_value(str(row['datcollate']))}",
        f"LC_CTYPE {quote_value(str(row['datctype']))}",
    ]
    # The columns came with 15 (provider), 16 (rules) and 17 (one column for the locale of every provider).
    locale = row.get("datlocale") or row.get("daticulocale")
    if row.get("datlocprovider") == "i":
        parts += ["LOCALE_PROVIDER icu", f"ICU_LOCALE {quote_value(str(locale))}"]
        if rules := row.get("daticurules"):
            parts.append(f"ICU_RULES {quote_value(str(rules))}")
    elif row.get("datlocprovider") == "b":
        parts += ["LOCALE_PROVIDER builtin", f"BUILTIN_LOCALE {quote_value(str(locale))}"]
    return " ".join(parts)
