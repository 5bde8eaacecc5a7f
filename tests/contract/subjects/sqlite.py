"""SQLite files for the contract."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from pprint import pformat
from typing import Any

from tests.contract import sqlite_support
from tests.contract.project import base_env
from tests.contract.subjects.base import ACCOUNTS, SqlSubject, run_plainly


class Sqlite(SqlSubject):
    """A SQLite file."""

    TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"

    def __init__(self, folder: Path, form: str, *, wal: bool = True) -> None:
        self.path = folder / "app.sqlite3"
        self.form = form
        self.dumper = ("dump.py",) if form == "file" else ("sqlite3 -batch", ".dump")
        self.client = ("stage.py load",) if form == "file" else ("sqlite3 -batch",)
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute(f"PRAGMA journal_mode={'wal' if wal else 'delete'}")

    @property
    def database(self) -> dict[str, Any]:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(self.path)}

    @property
    def options(self) -> dict[str, Any]:
        return {"DATABASE_OPTIONS": {"default": {"FORMAT": self.form}}}

    def execute(self, statement: str, into: str = "") -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(into or self.path, timeout=30)) as connection, connection:
            return connection.execute(statement).fetchall()

    def fill_with_everything(self) -> None:
        self.path.unlink()
        sqlite_support.build(self.path, wal=True, nul=self.form == "file")

    def change_everything(self) -> None:
        sqlite_support.change(self.path)

    def fingerprint(self, into: str = "") -> str:
        return pformat(sqlite_support.contents(Path(into) if into else self.path))

    def beside(self) -> str:
        return str(self.path.with_name("beside.sqlite3"))

    def by_hand(self, command: str) -> str:
        folder = self.path.parent / "by hand"
        folder.mkdir()
        run_plainly(command, base_env(), folder)
        (restored,) = folder.iterdir()
        return self.fingerprint(str(restored))

    @contextmanager
    def writer(self) -> Iterator[Callable[[], None]]:
        with closing(sqlite3.connect(self.path, timeout=0.2, isolation_level=None)) as connection:

            def transfer() -> None:
                a, b = random.sample(range(ACCOUNTS), 2)
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE account SET balance = balance - 1 WHERE id = ?", (a,))
                connection.execute("UPDATE account SET balance = balance + 1 WHERE id = ?", (b,))
                try:
                    connection.execute("COMMIT")
                except sqlite3.OperationalError:  # a reader of the rollback journal holds the file
                    connection.execute("ROLLBACK")
                    raise

            yield transfer
