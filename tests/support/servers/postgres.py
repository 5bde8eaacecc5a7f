"""PostgreSQL and PostGIS servers in containers."""

import contextlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from testcontainers.community.postgres import PostgresContainer

from tests.support.images import image
from tests.support.images.clients import client_dir
from tests.support.servers import containers
from tests.support.servers.ports import LOOPBACK
from tests.support.servers.server import Server

# Nothing here outlives the machine's next start, so nothing needs to reach the disk. (Commits still reach the kernel,
# so that what was committed survives `kill`.)
FAST = ("fsync=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class PostgresServer(Server):
    """A running server and its administrator."""

    major: int
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    client_dir: Path
    """The folder with the pg_dump, pg_restore, psql, createdb and dropdb of this server's version."""
    container: PostgresContainer = field(repr=False)

    def connect(self, database: str = "postgres", **options: Any) -> psycopg.Connection:
        """A connection of the administrator, in autocommit unless the options say otherwise."""
        address = {"host": self.host, "port": self.port, "user": self.user, "password": self.password}
        return psycopg.connect(dbname=database, **{"autocommit": True, **address, **options})

    def query(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Runs one statement, or several, and returns the rows of the last."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """A new database of its own for a test, by name; dropped afterwards, whoever is still connected."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with self.connect() as connection:
            connection.execute(create)
        try:
            yield name
        finally:
            with self.connect() as connection:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def environment(self, database: str = "postgres") -> dict[str, str]:
        """The variables by which libpq, and so every client program, finds this database."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": database,
        }

    def add_extension_file(self, name: str, content: str) -> None:
        """Puts a file where the server looks for extensions."""
        folder = f"/usr/share/postgresql/{self.major}/extension"
        code, output = self.container.exec(["sh", "-c", 'printf %s "$1" > "$0"', f"{folder}/{name}", content])
        assert code == 0, output

    def settings(self, database: str, engine: str = "django.db.backends.postgresql") -> dict[str, Any]:
        """An entry for Django's DATABASES."""
        address = {"HOST": self.host, "PORT": str(self.port), "USER": self.user, "PASSWORD": self.password}
        return {"ENGINE": engine, "NAME": database, **address}

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), self.connect(connect_timeout=2):
            return True
        return False


@contextmanager
def start_postgres(major: int, *settings: str, postgis: bool = False, shared: str = "") -> Iterator[PostgresServer]:
    """A server of this major version, with settings such as "max_locks_per_transaction=256", for as long as needed.

    Under a name it is shared by all processes of the run."""
    clients = client_dir("postgres", str(major))
    container = PostgresContainer(
        image("postgis" if postgis else "postgres", str(major)), username="admin", password="s3cret", dbname="admin"
    )
    container.with_command(["postgres", *(part for setting in (*FAST, *settings) for part in ("-c", setting))])
    if major < 14:  # what its passwords are stored for
        container.with_env("POSTGRES_HOST_AUTH_METHOD", "md5")
    with containers.running(container, 5432, shared) as port:
        server = PostgresServer(major, LOOPBACK, port, "admin", "s3cret", clients, container)
        server.wait()
        yield server
