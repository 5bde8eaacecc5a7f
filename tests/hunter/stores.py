"""The databases of the projects: SQLite files, and databases on servers."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.contract.subjects.mysql import Mysql
from tests.contract.subjects.postgresql import Postgresql
from tests.support.servers import start_mysql, start_postgres

TEXTS = ("plain", "na\u00efve \u2603 \U0001f388", "it's; -- \\n", "")


class Store(Protocol):
    """A database, as the model looks at it and changes it."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Its entry in DATABASES."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Its entry in DATABASE_OPTIONS."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Beginnings of the paths, below its project's folder, that its commands may change."""

    @property
    def atomic(self) -> bool:
        """Whether it is the old or the new one also just after a restore was killed."""

    def fingerprint(self, into: str = "") -> str:
        """Returns schema and rows; an empty string where there is no database."""

    def execute(self, statement: str) -> None:
        """Runs one statement."""

    def into(self, folder: Path) -> str:
        """Returns a name that `--into` may be given."""

    def drop(self, into: str) -> None:
        """Removes what `--into` has made."""

    def lose(self) -> None:
        """Loses everything, as a broken disk does."""


class SqliteFile:
    """A SQLite file; its name is relative, so that those of two projects may be equal."""

    atomic = True

    def __init__(self, path: Path, form: str, *, wal: bool) -> None:
        self.path = path
        self.settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": path.name}
        self.options = {"FORMAT": form}
        # The file, what SQLite puts next to it, and what a restore stages.
        self.paths = (f"db/{path.name}", f"db/.{path.name}")
        self.execute(f"PRAGMA journal_mode={'wal' if wal else 'delete'}")
        self.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")

    def fingerprint(self, into: str = "") -> str:
        path = Path(into) if into else self.path
        if not path.exists():
            return ""
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            schema = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
            tables = [name for kind, name, _sql in schema if kind == "table"]
            rows = [(name, connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall()) for name in tables]
        return repr((schema, rows))

    def execute(self, statement: str) -> None:
        with closing(sqlite3.connect(self.path, timeout=5)) as connection, connection:
            connection.create_function("repeat", 2, lambda text, count: text * count)
            connection.execute(statement)

    def as_text(self) -> bytes:
        """Returns the database as django-rclone 0.4 dumped it."""
        with closing(sqlite3.connect(self.path, timeout=5)) as connection:
            return "\n".join(connection.iterdump()).encode() + b"\n"

    def into(self, folder: Path) -> str:
        return str(folder / "into.sqlite3")

    def drop(self, into: str) -> None:
        Path(into).unlink()

    def lose(self) -> None:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()


class OnServer:
    """A database on a server, and a role of its own."""

    paths: tuple[str, ...] = ()

    def __init__(self, subject: Postgresql | Mysql) -> None:
        self.subject = subject
        self.atomic = isinstance(subject, Postgresql)
        self.settings = subject.database
        self.options = subject.options["DATABASE_OPTIONS"]["default"]
        key, text = ("SERIAL", "TEXT") if self.atomic else ("INTEGER AUTO_INCREMENT", "LONGTEXT")
        self.execute(f"CREATE TABLE note (id {key} PRIMARY KEY, text {text})")

    def fingerprint(self, into: str = "") -> str:
        schema = "DATABASE()" if isinstance(self.subject, Mysql) else "current_schema()"
        query = f"SELECT table_name FROM information_schema.tables WHERE table_schema = {schema}"
        tables = sorted(name for (name,) in self.subject.execute(query, into))
        rows = [(name, sorted(map(repr, self.subject.execute(f"SELECT * FROM {name}", into)))) for name in tables]
        return repr(rows)

    def execute(self, statement: str) -> None:
        self.subject.execute(statement)

    def into(self, _folder: Path) -> str:
        name = f"{self.subject.name}__restore_into" if isinstance(self.subject, Mysql) else f"{self.subject.name}_into"
        self.subject.extra.append(name)
        return name

    def drop(self, into: str) -> None:
        self.subject.server.query(f"DROP DATABASE IF EXISTS {into}")

    def lose(self) -> None:
        for table in ("note", "t0", "t1", "t2"):
            self.execute(f"DROP TABLE IF EXISTS {table} CASCADE")


def change(store: Store, seed: int) -> str:
    """Changes a database in some way that ``seed`` tells; returns what was done."""
    if "note" not in store.fingerprint():
        return "nothing there"
    source = random.Random(seed)
    text = (source.choice(TEXTS) + str(seed)).replace("'", "''")
    changes = {
        "insert": f"INSERT INTO note (text) VALUES ('{text}')",
        "update": f"UPDATE note SET text = 'updated {seed}'",
        "delete": f"DELETE FROM note WHERE id % 2 = {seed % 2}",
        "large": f"INSERT INTO note (text) VALUES (repeat('{seed} ', 50000))",
        "table": f"CREATE TABLE IF NOT EXISTS t{seed % 3} (a INTEGER, b INTEGER)",
    }
    kind = source.choice(list(changes))
    store.execute(changes[kind])
    return kind


class Servers:
    """The servers of a hunt, each started when the first project needs it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: dict[str, Any] = {}

    def _server(self, engine: str) -> Any:
        if engine not in self._running:
            started = start_postgres(17) if engine == "postgresql" else start_mysql(engine)
            self._running[engine] = self._stack.enter_context(started)
        return self._running[engine]

    @contextmanager
    def database(self, engine: str) -> Iterator[OnServer]:
        """A database of its own, gone afterwards."""
        server = self._server(engine)
        with server.database() as name:
            made = {"postgresql": Postgresql}.get(engine, Mysql)
            subject: Postgresql | Mysql = made(server, name)
            try:
                yield OnServer(subject)
            finally:
                subject.close()
