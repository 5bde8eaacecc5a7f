"""Databases on PostgreSQL servers for the contract."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.contract import postgresql_support
from tests.contract.project import base_env
from tests.contract.subjects.base import ACCOUNTS, SqlSubject, run_plainly
from tests.support.servers import PostgresServer


class Postgresql(SqlSubject):
    """A database on a PostgreSQL server, owned by an ordinary role that may create databases."""

    TABLES = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v')"
    client = ("psql", "begin.sql")
    dumper = ("pg_dump", "--format=custom")
    PASSWORD = 'owner\'s p@ss:w/rd\\ "0" canary'

    def __init__(self, server: PostgresServer, name: str) -> None:
        self.server = server
        self.name = name
        self.role = f"{name}_owner"
        self.extra: list[str] = []
        identifiers = {"role": sql.Identifier(self.role), "database": sql.Identifier(name)}
        with server.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {role} LOGIN CREATEDB PASSWORD {password}").format(
                    password=sql.Literal(self.PASSWORD), **identifiers
                )
            )
            connection.execute(sql.SQL("ALTER DATABASE {database} OWNER TO {role}").format(**identifiers))

    def close(self) -> None:
        """Drops what the test made on the server beside the database itself."""
        with self.server.connect() as connection:
            for extra in self.extra:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(extra)))
        self.others_may_restore()
        with self.server.connect(self.name) as connection:
            role = sql.Identifier(self.role)
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(sql.Identifier(self.name)))
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
            connection.execute(sql.SQL("DROP ROLE {}").format(role))

    @property
    def database(self) -> dict[str, Any]:
        return {**self.server.settings(self.name), "USER": self.role, "PASSWORD": self.PASSWORD}

    @property
    def options(self) -> dict[str, Any]:
        return {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(self.server.client_dir)}}}

    def connect(self, into: str = "", **options: Any) -> psycopg.Connection[Any]:
        """A connection of the owner."""
        return self.server.connect(into or self.name, user=self.role, password=self.PASSWORD, **options)

    def execute(self, statement: str, into: str = "") -> list[tuple[Any, ...]]:
        with self.connect(into) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def fill_with_everything(self) -> None:
        # Another test has made it, or makes it at this moment.
        with (
            self.server.connect() as connection,
            suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation),
        ):
            connection.execute("CREATE ROLE reader")
        self.script(postgresql_support.NASTY.read_text())

    def change_everything(self) -> None:
        self.script(postgresql_support.make_later_changes())

    def fingerprint(self, into: str = "") -> str:
        dump = self._program("pg_dump", env={**self.server.environment(into or self.name), "PGTZ": "UTC"})
        return postgresql_support.normalised(dump).decode()

    def script(self, script: str) -> None:
        """Runs a script of psql's as the owner."""
        owner = {**self.server.environment(self.name), "PGUSER": self.role, "PGPASSWORD": self.PASSWORD}
        self._program("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", env=owner, data=script)

    def _program(self, name: str, *arguments: str, env: dict[str, str], data: str = "") -> bytes:
        command = [str(self.server.client_dir / name), *arguments]
        done = subprocess.run(command, input=data.encode(), env={**base_env(), **env}, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def beside(self) -> str:
        self.extra.append(f'{self.name} "beside"')
        return self.extra[-1]

    def by_hand(self, command: str) -> str:
        self.extra.append(self.restored_alone(self.server.port))
        environment = {**base_env(), **self.server.environment(), "PGUSER": self.role, "PGPASSWORD": self.PASSWORD}
        environment["PATH"] = f"{self.server.client_dir}:{environment['PATH']}"
        run_plainly(command, environment, Path("/"))
        return self.fingerprint("restored")

    @contextmanager
    def writer(self) -> Iterator[Callable[[], None]]:
        with self.connect() as connection:

            def transfer() -> None:
                a, b = random.sample(range(ACCOUNTS), 2)
                with connection.transaction():
                    connection.execute("UPDATE account SET balance = balance - 1 WHERE id = %s", (a,))
                    connection.execute("UPDATE account SET balance = balance + 1 WHERE id = %s", (b,))

            yield transfer
