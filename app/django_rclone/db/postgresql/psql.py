"""psql, as every call of it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django_rclone.command import Attached, Command, Explanation
from django_rclone.db.client_programs import Client
from django_rclone.db.postgresql.clients import install
from django_rclone.db.postgresql.connection import Connection
from django_rclone.db.postgresql.quoting import quote_name

SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Psql:
    """What all calls of psql on one server have in common."""

    alias: str
    connection: Connection
    client: Client
    explain: Explanation
    encoding: str = "UTF8"
    """The database's. Our own statements are UTF-8, but for one that does not know its encoding."""
    session: Mapping[str, str] = field(default_factory=dict)
    """The settings that the backup has recorded."""
    administrator: tuple[str, str] | None = field(default=None, repr=False)
    """Name and password of somebody who may create extensions and databases."""

    def in_isolated_session(self, connection: Connection, *arguments: str | Attached) -> Command:
        """Returns psql in a session that has none of the role's own defaults."""
        return self.in_default_session(connection, "-f", str(SQL / "session.sql"), *arguments)

    def in_default_session(self, connection: Connection, *arguments: str | Attached) -> Command:
        """Returns psql with what every call of it needs. Its errors carry their SQLSTATE."""
        role = ("-c", f"SET ROLE {quote_name(connection.role)}") if connection.role else ()
        return Command(
            (
                *(self.client.companion("psql"), "-X", "-q", "-A", "-t", "--no-password"),
                *("-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"),
                *(f"--dbname={connection.conninfo}", *role, *arguments),
            ),
            env={**connection.env, **({} if self.encoding == "SQL_ASCII" else {"PGCLIENTENCODING": "UTF8"})},
            inherit=connection.inherit,
            explain=self.explain,
            may_stall=False,
            install=install(),
        )

    def as_administrator(self, connection: Connection) -> Connection:
        """Returns the connection by the administrator, or by ourselves where there is none."""
        return connection.as_user(*self.administrator) if self.administrator else connection
