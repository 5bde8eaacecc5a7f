"""SQLite databases for tests: a nasty one, what people do to it later, and what makes two databases equal."""

from __future__ import annotations

import dataclasses
import shlex
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django_rclone import process
from django_rclone.command import Command
from django_rclone.db.base import Facts, Mode, RestorePlan
from django_rclone.db.sqlite.connector import SqliteConnector
from django_rclone.layout.manifest import Manifest, StoredObject
from tests.support.images import cache
from tests.support.images.resolve import image

SCHEMA = """
CREATE TABLE "order by" ("select" INTEGER PRIMARY KEY AUTOINCREMENT, "naïve ""quoted"" 'name'" TEXT, "[b]" BLOB);
CREATE TABLE author (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    favourite INTEGER REFERENCES book(id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE book (id INTEGER PRIMARY KEY AUTOINCREMENT, author_id INTEGER NOT NULL REFERENCES author(id)
    DEFERRABLE INITIALLY DEFERRED, title VARCHAR(100) NOT NULL, price REAL CHECK (price >= 0),
    label TEXT GENERATED ALWAYS AS (upper(title)) VIRTUAL, gross REAL GENERATED ALWAYS AS (price * 1.19) STORED);
CREATE TABLE pair (a TEXT, b INTEGER, note TEXT DEFAULT 'x''y', PRIMARY KEY (b DESC, a)) WITHOUT ROWID;
CREATE TABLE typed (i INTEGER, t TEXT, r REAL, b BLOB, a ANY) STRICT;
CREATE TABLE anything (x);
CREATE TABLE empty (id INTEGER PRIMARY KEY, note TEXT);
CREATE TABLE log (line TEXT);
CREATE INDEX book_title ON book (title DESC, price) WHERE price > 1;
CREATE INDEX book_expression ON book (lower(title), abs(price));
CREATE UNIQUE INDEX pair_note ON pair (note COLLATE RTRIM, a);
CREATE VIEW cheap AS SELECT b.title, a.name FROM book b JOIN author a ON a.id = b.author_id WHERE b.price < 10;
CREATE VIEW "view of view" AS SELECT title FROM cheap;
CREATE TRIGGER book_log AFTER INSERT ON book BEGIN INSERT INTO log VALUES ('new; ' || NEW.title); END;
CREATE TRIGGER cheap_insert INSTEAD OF INSERT ON cheap BEGIN INSERT INTO log VALUES (NEW.title); END;
CREATE VIRTUAL TABLE search USING fts5(title, body, tokenize = 'porter unicode61');
CREATE VIRTUAL TABLE old_search USING fts4(body);
CREATE VIRTUAL TABLE places USING rtree(id, x0, x1, y0, y1);
CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT, applied TEXT);
"""
ROWS = """
PRAGMA foreign_keys = OFF;
INSERT INTO "order by" VALUES (9007199254740993, 'semi;colon', x''), (4611686018427387904, NULL, x'00ff00');
INSERT INTO author VALUES (1, 'Ann', 1), (2, 'bob', 2), (3, 'Zoë 🎈', NULL);
INSERT INTO book (id, author_id, title, price) VALUES (1, 1, 'One', 0.1), (2, 2, 'Two' || char(10) || 'lines', 1e300);
INSERT INTO book (author_id, title, price) VALUES (3, 'Three', 9.99);
DELETE FROM book WHERE title = 'Three';
INSERT INTO pair VALUES ('a', 1, 'n'), ('A', 1, 'n'), ('', -1, 'y');
INSERT INTO typed VALUES (-9223372036854775808, '12', 1.0, x'01', 1), (9223372036854775807, '', -0.0, x'', 'x');
INSERT INTO anything VALUES (9e999), (-9e999), (0.1), (1e-320), (CAST(x'ff80' AS TEXT)), ('12'), (12), (12.0), (NULL);
INSERT INTO anything VALUES (hex(randomblob(50000))), (randomblob(50000)), (zeroblob(10000));
INSERT INTO search VALUES ('running', 'the quick brown fox'), ('jumps', 'over the lazy dog');
INSERT INTO old_search VALUES ('the quick brown fox');
INSERT INTO places VALUES (1, -1, 1, -2, 2), (2, 5, 6, 7, 8);
INSERT INTO django_migrations VALUES (1, 'shop', '0001_initial', ''), (2, 'auth', '0001_initial', '');
INSERT INTO django_migrations VALUES (3, 'shop', '0002_more', '');
ANALYZE;
"""
LATER = """
DROP VIEW "view of view";
DROP INDEX book_title;
DROP TRIGGER book_log;
UPDATE author SET name = name || '!';
DELETE FROM pair;
DROP TABLE "order by";
ALTER TABLE log ADD COLUMN added TEXT DEFAULT 'later';
CREATE TABLE later (id INTEGER PRIMARY KEY AUTOINCREMENT, x);
INSERT INTO later (x) VALUES (randomblob(20000)), (2);
CREATE TRIGGER later_trigger AFTER INSERT ON later BEGIN SELECT 1; END;
INSERT INTO search VALUES ('later', 'later');
INSERT INTO django_migrations VALUES (4, 'shop', '0003_later', '');
PRAGMA user_version = 99;
PRAGMA application_id = 1;
"""
NUL = "INSERT INTO anything VALUES ('a' || char(0) || 'b')"


def build(path: Path, *, wal: bool = False, page_size: int = 4096, encoding: str = "UTF-8", nul: bool = True) -> Path:
    """Makes a database with everything in it that SQLite has. ``nul``: also text that SQL text cannot carry."""
    with closing(connect(path)) as database:
        database.executescript(f"PRAGMA encoding = '{encoding}'; PRAGMA page_size = {page_size}; VACUUM;")
        if wal:
            database.execute("PRAGMA journal_mode = WAL")
        database.executescript(SCHEMA + ROWS)
        if nul:
            database.execute(NUL)
        database.executescript("PRAGMA user_version = 7; PRAGMA application_id = 1234567;")
    return path


def change(path: Path) -> None:
    """Does to a nasty database what people do between a backup and a restore."""
    with closing(connect(path)) as database:
        database.executescript(LATER)


def contents(path: Path) -> dict[str, Any]:
    """Everything that two databases must agree on to be equal. Changes nothing; the database must be sound."""
    found: dict[str, Any] = {}
    with closing(connect(path)) as database:
        database.text_factory = bytes
        assert database.execute("PRAGMA integrity_check").fetchall() == [(b"ok",)]
        for pragma in ("user_version", "application_id", "encoding", "page_size", "auto_vacuum"):
            found[f"PRAGMA {pragma}"] = database.execute(f"PRAGMA {pragma}").fetchone()
        schema = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        found["schema"] = schema
        for kind, name, *_rest in schema:
            if kind in (b"table", b"view"):
                quoted = '"' + name.decode().replace('"', '""') + '"'
                rows = database.execute(f"SELECT * FROM {quoted}").fetchall()
                found[f"rows of {quoted}"] = sorted(str([(type(value), value) for value in row]) for row in rows)
    return found


def connect(path: Path) -> sqlite3.Connection:
    """Opens a database; every statement is a transaction of its own."""
    return sqlite3.connect(path, isolation_level=None, timeout=20)


LIVE = Mode()


class Impatient(SqliteConnector):
    """A connector that does not wait long for others."""

    wait = 0.3


def connector(path: Path, *, patient: bool = True, **options: Any) -> SqliteConnector:
    """The connector of the database at ``path``."""
    return (SqliteConnector if patient else Impatient)("default", {"NAME": str(path)}, options)


def facts(connector: SqliteConnector, python: str = sys.executable) -> Facts:
    """Returns the facts that the probe finds."""
    return connector.facts(process.run(by(connector.probe(), python)).decode())


def dump(connector: SqliteConnector, python: str = sys.executable) -> bytes:
    """A whole dump."""
    made = connector.dump(facts(connector, python))
    for check in made.checks:
        process.run(check)
    commands = [by(command, python) for command in (made.command, *made.through)]
    return process.peek(*commands) if made.through else process.run(*commands)


def by(command: Command, python: str) -> Command:
    """The same command, run by another interpreter."""
    own = command.argv[0] == sys.executable
    return dataclasses.replace(command, argv=(python, *command.argv[1:])) if own else command


def manifest(data: bytes, form: str = "") -> Manifest:
    """Returns the manifest of a backup with this content; without a format, that of a file made by others."""
    now = datetime.now(UTC)
    stored = StoredObject("db/object", len(data), "0" * 64 if form else "", len(data) if form else None)
    return Manifest(
        id="x", point="x", project="", database="default", engine="sqlite", name="x",
        server_version="", client="", format=form, compression="", consistency="", objects=(stored,),
        started_at=now, finished_at=now,
    )  # fmt: skip


def plan(connector: SqliteConnector, data: bytes, *, form: str = "", mode: Mode = LIVE) -> RestorePlan:
    """The plan of a restore; without a format, the connector looks for itself."""
    described = manifest(data, form)
    reader = connector.contents(described)
    sniffed = process.run(reader, stdin=data).decode() if reader else ""
    return connector.restore(facts(connector), described, mode, sniffed)


def restore(
    connector: SqliteConnector,
    data: bytes,
    *,
    form: str = "",
    mode: Mode = LIVE,
    cut: int | None = None,
    python: str = sys.executable,
) -> RestorePlan:
    """Restores as the recipe does. ``cut``: the download breaks off after so many bytes."""
    steps = plan(connector, data, form=form, mode=mode)
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        source = ("cat", file.name) if cut is None else ("sh", "-c", f"head -c {cut} {file.name}; exit 1")
        try:
            for command in steps.prepare:
                process.run(by(command, python))
            process.pipe(Command(source), *(by(command, python) for command in steps.load), gate=steps.gate)
            for command in steps.commit:
                process.run(by(command, python))
        except BaseException:
            for command in steps.abort:
                process.run(by(command, python))
            raise
    return steps


def files(folder: Path) -> list[str]:
    """The names of all files in a folder."""
    return sorted(path.name for path in folder.iterdir())


# Moves money between accounts for ever, so that the sum of all balances is always the same. Prints a line for every
# ten transfers that are committed.
_WRITER = """
import random, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
done = 0
while True:
    a, b = random.sample(range(1, 501), 2)
    database.execute("BEGIN IMMEDIATE")
    database.execute("UPDATE account SET balance = balance - 7, pad = hex(randomblob(200)) WHERE id = ?", (a,))
    database.execute("UPDATE account SET balance = balance + 7, pad = hex(randomblob(200)) WHERE id = ?", (b,))
    database.execute("INSERT INTO transfer (a, b, pad) VALUES (?, ?, hex(randomblob(100)))", (a, b))
    database.execute("COMMIT")
    done += 1
    if done % 10 == 0:
        print(done, flush=True)
"""
# Reads for ever, in transactions that overlap with those of other readers.
_READER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
while True:
    database.execute("BEGIN")
    for _ in range(5):
        assert database.execute("SELECT sum(balance) FROM account").fetchone() == (500 * 1000,)
    database.execute("COMMIT")
    print("read", flush=True)
"""


def open_bank(path: Path, *, wal: bool) -> Path:
    """Makes a database of accounts; the sum of all balances is ``BALANCE``."""
    with closing(connect(path)) as database:
        if wal:
            database.execute("PRAGMA journal_mode = WAL")
        database.executescript(
            """
            CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER, pad TEXT);
            CREATE TABLE transfer (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, pad TEXT);
            CREATE INDEX account_pad ON account (pad);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
                INSERT INTO account SELECT i, 1000, hex(randomblob(200)) FROM n;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
                INSERT INTO transfer SELECT i, 1, 2, hex(randomblob(100)) FROM n;
            """
        )
    return path


def assert_sound(path: Path) -> int:
    """Asserts that a bank is one moment of itself, and returns how many transfers it knows."""
    with closing(connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT sum(balance) FROM account").fetchone() == (500 * 1000,)
        (transfers,) = database.execute("SELECT count(*) FROM transfer").fetchone()
    return int(transfers)


@contextmanager
def busy(path: Path, *, writers: int = 2, readers: int = 0) -> Iterator[list[subprocess.Popen[str]]]:
    """Lets processes write to and read a bank, all of them at work before the block begins, and still after it."""
    scripts = [_WRITER] * writers + [_READER] * readers
    workers = [
        subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
        for script in scripts
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        yield workers
        assert [worker.poll() for worker in workers] == [None] * len(workers), "a worker has died"
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def has_dbpage(python: str = sys.executable) -> bool:
    """Tells whether this interpreter's SQLite library has sqlite_dbpage."""
    script = "import sqlite3; sqlite3.connect(':memory:').execute('SELECT pgno FROM sqlite_dbpage')"
    return subprocess.run([python, "-c", script], capture_output=True, check=False).returncode == 0


def python_without_dbpage(folder: Path) -> Path:
    """A Python whose SQLite library has no sqlite_dbpage: this one, or one made with Debian 12's library."""
    return _python(folder, "bookworm") if has_dbpage() else Path(sys.executable)


def python_with_dbpage(folder: Path) -> Path:
    """A Python whose SQLite library has sqlite_dbpage: this one, or one made with Debian 13's library."""
    return Path(sys.executable) if has_dbpage() else _python(folder, "trixie")


def _python(folder: Path, suite: str) -> Path:
    """Makes a program in ``folder`` that starts this interpreter with the SQLite library of a Debian release."""
    with cache.lock(f"sqlite-{suite}"):
        home = cache.folder("clients") / f"sqlite-{suite}"
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=home.parent, prefix=".half-made-") as half_made:
                made = Path(half_made) / home.name
                _take_library(suite, made)
                made.rename(home)
    wrapper = folder / f"python-{suite}"
    loader = next((home / "lib").glob("ld-*"))
    command = [str(loader), "--argv0", sys.executable, "--library-path", str(home / "lib"), sys.executable]
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


# Runs in an image of Debian; writes a tar of its SQLite library, and of the C library and the loader that it needs.
_TAKE = """
set -eu
{ apt-get update && apt-get install --yes --no-install-recommends libsqlite3-0; } >&2
mkdir -p /box/lib
cd /lib/*-linux-gnu
cp -L ld-linux*.so.* libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 libutil.so.1 librt.so.1 /box/lib
cp -L /usr/lib/*-linux-gnu/libsqlite3.so.0 /box/lib
tar -C /box -c .
"""


def _take_library(suite: str, into: Path) -> None:
    run = ["docker", "run", "--rm", "--network=host", "--interactive", image("debian", suite), "sh"]
    with tempfile.TemporaryFile() as tar:
        done = subprocess.run(run, input=_TAKE.encode(), stdout=tar, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0, done.stderr.decode()
        tar.seek(0)
        with tarfile.open(fileobj=tar) as archive:
            archive.extractall(into, filter="tar")
