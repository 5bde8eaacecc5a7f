"""Interface of a database for the contract, of any kind."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pymysql  # type: ignore[import-untyped]

from tests.contract.project import Started, written
from tests.support.images import cache

ACCOUNTS = 200
BALANCE = 1000
_BLOCK = 10_000  # bytes a row of incompressible payload; they are written in hexadecimal digits


class Subject(ABC):
    """One database for one test: how to fill it, change it, look at it and harm it."""

    client: tuple[str, ...]
    """Words in the command line of the program that takes a restore, and of no other."""
    dumper: tuple[str, ...]
    """Words in the command line of the program that dumps, and of no other."""

    _alone: ExitStack | None = None

    def restored_alone(self, server: int) -> str:
        """The name of the database that plain command lines restore into, on the server at this port.

        Nobody else restores there until this subject says so.
        """
        if not self._alone:
            self._alone = ExitStack()
            self._alone.enter_context(cache.lock(f"restored-{server}"))
        return "restored"

    def others_may_restore(self) -> None:
        """Leaves that name to others: this subject's database of this name is gone."""
        if self._alone:
            self._alone.close()

    def progress(self, run: Started) -> int:
        """Returns the number of bytes that the running dump has written."""
        return written(run.child(*self.dumper))

    @property
    @abstractmethod
    def database(self) -> dict[str, Any]:
        """The entry for Django's DATABASES."""

    @property
    def options(self) -> dict[str, Any]:
        """Further keys of DJANGO_RCLONE."""
        return {}

    @abstractmethod
    def fill_with_everything(self) -> None:
        """Makes the schema that was written to be nasty."""

    @abstractmethod
    def change_everything(self) -> None:
        """Changes, removes and adds what a restore must bring back, or take away."""

    @abstractmethod
    def fingerprint(self, into: str = "") -> str:
        """Everything that a restore must bring back, as text."""

    @abstractmethod
    def beside(self) -> str:
        """A NAME for ``--into``."""

    @abstractmethod
    def by_hand(self, command: str) -> str:
        """Runs the manifest's plain command line as an administrator would, and returns the fingerprint of what came
        of it."""

    @abstractmethod
    def writer(self) -> AbstractContextManager[Callable[[], None]]:
        """Connects, and gives what moves money from one account to another in a transaction."""

    @abstractmethod
    def fill_simply(self, megabytes: float = 0) -> None:
        """A small table that compares quickly, and as much payload as asked for that no compression makes smaller."""

    @abstractmethod
    def words(self, into: str = "") -> list[tuple[Any, ...]]:
        """The small table's rows, whole."""

    @abstractmethod
    def lose_words(self, *numbers: int) -> None:
        """Deletes these rows of the small table, or all of them."""

    @abstractmethod
    def rewrite_a_word(self) -> None:
        """Changes a row of the small table to one of the same length."""

    @abstractmethod
    def drop(self, *tables: str) -> None:
        """Drops tables."""

    @abstractmethod
    def payload(self) -> Any:
        """Returns a summary of the payload."""

    @abstractmethod
    def add_later_things(self) -> None:
        """Makes what was not there before: a table, a view, and something in the small table's rows."""

    @abstractmethod
    def names(self) -> list[str]:
        """Tables and views, of everybody."""

    @abstractmethod
    def open_accounts(self) -> None:
        """Makes the accounts that writers move money between."""

    @abstractmethod
    def total(self, into: str = "") -> int:
        """The sum that no transfer changes."""

    @contextmanager
    def writers(self, count: int = 2) -> Iterator[Callable[[], int]]:
        """Threads that move money until the block ends; gives how many transfers they have made."""
        stop = threading.Event()
        made = [0] * count

        def work(index: int) -> None:
            with self.writer() as transfer:
                while not stop.is_set():
                    with suppress(
                        sqlite3.OperationalError, psycopg.errors.DeadlockDetected, pymysql.err.OperationalError
                    ):
                        transfer()
                        made[index] += 1

        threads = [threading.Thread(target=work, args=(index,)) for index in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield lambda: sum(made)
        finally:
            stop.set()
            for thread in threads:
                thread.join()


class SqlSubject(Subject):
    """A database that speaks SQL."""

    TABLES: str
    """The query for the names of tables and views."""

    @abstractmethod
    def execute(self, statement: str, into: str = "") -> list[tuple[Any, ...]]:
        """Runs one statement and returns its rows."""

    def fill_simply(self, megabytes: float = 0) -> None:
        self.execute("CREATE TABLE word (id integer PRIMARY KEY, text varchar(100) NOT NULL)")
        self.execute("INSERT INTO word VALUES (1, 'one'), (2, 'two'), (3, 'zwölf')")
        if megabytes:
            self.execute("CREATE TABLE payload (id integer PRIMARY KEY, data text NOT NULL)")
            source = random.Random(7)
            for first in range(0, round(megabytes * 1e6 / _BLOCK), 50):
                rows = ", ".join(f"({first + n}, '{source.randbytes(_BLOCK // 2).hex()}')" for n in range(50))
                self.execute(f"INSERT INTO payload VALUES {rows}")

    def words(self, into: str = "") -> list[tuple[Any, ...]]:
        return self.execute("SELECT * FROM word ORDER BY id", into)

    def lose_words(self, *numbers: int) -> None:
        chosen = f" WHERE id IN ({', '.join(map(str, numbers))})" if numbers else ""
        self.execute(f"DELETE FROM word{chosen}")

    def rewrite_a_word(self) -> None:
        self.execute("UPDATE word SET text = 'eno' WHERE id = 1")

    def drop(self, *tables: str) -> None:
        for table in tables:
            self.execute(f"DROP TABLE {table}")

    def payload(self) -> Any:
        return self.execute("SELECT count(*), max(data) FROM payload")

    def add_later_things(self) -> None:
        self.execute("CREATE TABLE later (id integer)")
        self.execute("CREATE VIEW later_view AS SELECT id FROM later")
        self.execute("ALTER TABLE word ADD COLUMN later integer")

    def names(self) -> list[str]:
        return [name for (name,) in self.execute(self.TABLES)]

    def open_accounts(self) -> None:
        self.execute("CREATE TABLE account (id integer PRIMARY KEY, balance integer NOT NULL)")
        rows = ", ".join(f"({number}, {BALANCE})" for number in range(ACCOUNTS))
        self.execute(f"INSERT INTO account VALUES {rows}")

    def total(self, into: str = "") -> int:
        return int(self.execute("SELECT sum(balance) FROM account", into)[0][0])


def run_plainly(command: str, environment: dict[str, str], folder: Path) -> None:
    """Runs a shell command line as a person would; without PYTHONPATH nothing of django-rclone could help."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env={name: value for name, value in environment.items() if not name.startswith("PYTHON")},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
