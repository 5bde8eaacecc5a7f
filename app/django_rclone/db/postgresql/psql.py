"""Commands for psql."""

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
    """Commands for psql on one server."""

    alias: str
    connection: Connection
    client: Client
    explain: Explanation
    encoding: str = "UTF8"
    """The database's. Our own statements are UTF-8, except for SQL_ASCII."""
    session: Mapping[str, str] = field(default_factory=dict)
    """The settings that the backup has recorded."""
    administrator: tuple[str, str] | None = field(default=None, repr=False)
    """Name and password of a user who may create extensions and databases."""

    def in_isolated_session(self, connection: Connection, *arguments: str | Attached) -> Command:
        """Returns psql in a session without the role's defaults."""
        return self.in_default_session(connection, "-f", str(SQL / "session.sql"), *arguments)

    def in_default_session(self, connection: Connection, *arguments: str | Attached) -> Command:
        """Returns psql in a session with the role's defaults. Its errors include their SQLSTATE."""
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
            is_loader=True,
            install=install(),
        )

    def as_administrator(self, connection: Connection) -> Connection:
        """Returns the connection of the administrator, or the same one if there is none."""
        return connection.as_user(*self.administrator) if self.administrator else connection
