"""MySQL and MariaDB servers in containers."""

import contextlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql  # type: ignore[import-untyped]
from pymysql.connections import Connection  # type: ignore[import-untyped]
from testcontainers.community.mysql import MySqlContainer

from tests.support.images import image
from tests.support.images.clients import client_dir
from tests.support.servers import containers
from tests.support.servers.ports import LOOPBACK
from tests.support.servers.server import Server

VERSIONS = {"mysql": "9", "mariadb": "11.8"}
"""The version of each flavour that the tests run on, as in the catalogue of images."""

# What was committed reaches the kernel, so that it survives `kill`; nothing needs to reach the disk.
FAST = ("innodb_flush_log_at_trx_commit=2", "sync_binlog=0")
# The harder case for a dump and a restore, and what replicated servers have. MySQL's binary log is on by default.
GTIDS = ("gtid_mode=ON", "enforce_gtid_consistency=ON")


@dataclass(frozen=True, slots=True)
class MysqlServer(Server):
    """A running server and its administrator."""

    flavour: str
    """"mysql" or "mariadb"."""
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    client_dir: Path
    """The folder with this server's own clients: mysql and mysqldump, or mariadb and mariadb-dump."""
    container: MySqlContainer = field(repr=False)

    def connect(self, database: str | None = None, **options: Any) -> "Connection[Any]":
        """A connection of the administrator, in autocommit unless the options say otherwise."""
        address = {"host": self.host, "port": self.port, "user": self.user, "password": self.password}
        return pymysql.connect(**{"autocommit": True, **address, "database": database, **options})

    def query(self, statement: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Runs one statement and returns its rows."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    @contextmanager
    def database(self) -> Iterator[str]:
        """A new schema of its own for a test, by name; dropped afterwards."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.query(f"CREATE DATABASE {name}")
        try:
            yield name
        finally:
            self.query(f"DROP DATABASE IF EXISTS {name}")

    def settings(self, database: str, engine: str = "django.db.backends.mysql") -> dict[str, Any]:
        """An entry for Django's DATABASES."""
        address = {"HOST": self.host, "PORT": str(self.port), "USER": self.user, "PASSWORD": self.password}
        return {"ENGINE": engine, "NAME": database, **address}

    def answers(self) -> bool:
        # The engine's proxy accepts connections before the server does: what counts is that it speaks.
        with contextlib.suppress(pymysql.OperationalError), self.connect(connect_timeout=2, read_timeout=2):
            return True
        return False


@contextmanager
def start_mysql(flavour: str, *settings: str, shared: str = "") -> Iterator[MysqlServer]:
    """A server of this flavour, with settings such as "lower_case_table_names=1", for as long as needed.

    Under a name it is shared by all processes of the run."""
    version = VERSIONS[flavour]
    clients = client_dir(flavour, version)
    container = MySqlContainer(image(flavour, version), username="root", password="s3cret", dbname="admin")
    flags = (*FAST, *(GTIDS if flavour == "mysql" else ()), *settings)
    container.with_command([f"--{setting}" for setting in flags])
    with containers.running(container, 3306, shared) as port:
        server = MysqlServer(flavour, LOOPBACK, port, "root", "s3cret", clients, container)
        server.wait()
        yield server
