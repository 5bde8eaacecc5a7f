"""SQLite while others write and read, and when programs are killed, with both ways to read the pages."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from django_rclone import process
from django_rclone.exceptions import Unavailable
from tests.contract import sqlite_support as support
from tests.contract.sqlite_support import assert_sound, busy, by, connect, connector, dump, facts, files, open_bank
from tests.support.servers.ports import wait_until

MODES = pytest.mark.parametrize("wal", [False, True], ids=["rollback", "wal"])


@pytest.fixture(scope="module", params=["file", "sqlite_dbpage"])
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter that dumps: one without and one with sqlite_dbpage."""
    if request.param == "sqlite_dbpage":
        return str(support.python_with_dbpage(tmp_path_factory.mktemp("python")))
    return str(support.python_without_dbpage(tmp_path_factory.mktemp("python")))


@pytest.fixture
def live(tmp_path: Path) -> Path:
    return tmp_path / "bank.sqlite3"


@pytest.mark.representatives("file-stream-wal")
@MODES
@pytest.mark.parametrize("spool", [False, True], ids=["stream", "spool"])
def test_a_dump_is_one_moment_while_others_write_and_read(live: Path, python: str, wal: bool, spool: bool) -> None:
    open_bank(live, wal=wal)
    begin = assert_sound(live)
    with busy(live, writers=2, readers=2 if wal else 0):
        dumps = [dump(connector(live, SPOOL=spool), python) for _ in range(2)]
    counts = []
    for number, data in enumerate(dumps):
        copy = live.with_name(f"copy-{number}")
        copy.write_bytes(data)
        counts.append(assert_sound(copy))
    assert begin < counts[0] < counts[-1] <= assert_sound(live)


@pytest.mark.representatives("file-rollback")
@MODES
def test_a_slow_upload_of_a_spooled_dump_does_not_hold_up_writers(live: Path, python: str, wal: bool) -> None:
    open_bank(live, wal=wal)
    with started(live, python, spool=True) as running:
        read(running, 1)  # it streams, and the pipe is full
        with closing(sqlite3.connect(live, timeout=0)) as app:
            app.execute("INSERT INTO transfer (a) VALUES (1)")
            app.commit()


def test_a_slow_upload_of_a_database_in_wal_mode_does_not_hold_up_writers(live: Path, python: str) -> None:
    open_bank(live, wal=True)
    with started(live, python) as running:
        data = read(running, 1)
        with closing(sqlite3.connect(live, timeout=0)) as app:
            app.execute("UPDATE account SET balance = 0")
            app.execute("DELETE FROM transfer")
            app.commit()
            app.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert running.stdout is not None
        data += running.stdout.read()
        assert running.wait() == 0
    live.with_name("copy").write_bytes(data)
    assert assert_sound(live.with_name("copy")) == 20000


def test_a_reader_that_stays_does_not_stop_a_dump_with_dbpage_or_spool(
    live: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    open_bank(live, wal=True)
    folder = tmp_path_factory.mktemp("python")
    with closing(connect(live)) as reader, closing(connect(live)) as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM transfer").fetchone()
        writer.execute("INSERT INTO transfer (a) VALUES (1)")
        with_dbpage, without = str(support.python_with_dbpage(folder)), str(support.python_without_dbpage(folder))
        for python, spool in ((with_dbpage, False), (without, True)):
            live.with_name("copy").write_bytes(dump(connector(live, SPOOL=spool), python))
            assert assert_sound(live.with_name("copy")) == 20001
        with pytest.raises(Unavailable, match=rf"a reader has kept .*set SPOOL.*locked by .*\(pid {os.getpid()}\)"):
            dump(connector(live, patient=False), without)


@pytest.mark.representatives("file-9-wal", "sqlite_dbpage-15-rollback")
@MODES
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_dump_leaves_nothing_behind(live: Path, python: str, wal: bool, how: int) -> None:
    open_bank(live, wal=wal)
    with closing(connect(live)) as app:
        app.execute("SELECT count(*) FROM account").fetchone()
        before = files(live.parent)
        with started(live, python, spool=True) as running:
            read(running, 1)
            running.send_signal(how)
            running.wait()
        assert running.returncode == -how
        assert files(live.parent) == before
    assert assert_sound(live) == 20000


@pytest.mark.representatives("file-wal")
@MODES
def test_a_restore_that_is_killed_leaves_the_old_or_the_restored_data(live: Path, python: str, wal: bool) -> None:
    rng = random.Random(4)
    open_bank(live, wal=wal)
    data = dump(connector(live), python)
    with closing(connect(live)) as app:
        app.execute("UPDATE transfer SET pad = hex(randomblob(100))")
        app.execute("INSERT INTO transfer (a) VALUES (1)")
    outcomes = []
    longest = 0
    for round_number in range(9):
        steps = support.plan(connector(live), data, form="file")
        process.run(steps.prepare[0])
        process.run(by(steps.load[0], python), stdin=data)
        argv = [str(part) for part in by(steps.commit[-1], python).argv]
        # A moment is a number of bytes written, which is the same on a fast machine and on a slow one.
        running = subprocess.Popen(argv)
        until = rng.randrange(longest or 1) if round_number else 1 << 60
        while running.poll() is None and (written := bytes_written(running.pid)) < until:
            longest = max(longest, written) if round_number == 0 else longest
        running.kill()
        running.wait()
        outcomes.append(assert_sound(live))
        process.run(steps.abort[0])
        with closing(connect(live)) as app:
            app.execute("INSERT INTO transfer (id, a) VALUES (20001, 1) ON CONFLICT DO NOTHING")
            app.execute("UPDATE transfer SET pad = hex(randomblob(100))")
    assert outcomes[0] == 20000
    assert 20001 in outcomes
    assert files(live.parent) == [live.name]


@pytest.mark.representatives("file-wal")
@MODES
def test_a_restore_waits_for_writers_and_they_see_what_was_restored(live: Path, python: str, wal: bool) -> None:
    open_bank(live, wal=wal)
    data = dump(connector(live), python)
    with busy(live, writers=2, readers=1 if wal else 0), closing(sqlite3.connect(live, timeout=0)) as app:
        app.isolation_level = None
        eventually(app, "INSERT INTO transfer (a) VALUES (-1)")
        support.restore(connector(live), data, python=python)
        assert eventually(app, "SELECT count(*) FROM transfer WHERE a = -1") == [(0,)]
        wait_until(lambda: eventually(app, "SELECT count(*) FROM transfer") > [(20000,)], "a transfer", seconds=30)
    assert assert_sound(live) > 20000


def eventually(database: sqlite3.Connection, statement: str) -> list[tuple[int]]:
    """Executes a statement in the first gap that busy writers leave: to wait politely can take a minute."""
    rows: list[tuple[int]] = []

    def done() -> bool:
        try:
            rows[:] = database.execute(statement).fetchall()
        except sqlite3.OperationalError:
            return False
        return True

    wait_until(done, statement, seconds=60)
    return rows


@pytest.mark.exhaustive
def test_the_page_that_locks_are_taken_on_is_left_out(live: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A database of more than 1 GiB has a page at 0x40000000 that holds no data."""
    with closing(connect(live)) as database:
        database.executescript(
            "PRAGMA page_size = 65536; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; VACUUM;"
            "CREATE TABLE filler (x); CREATE TABLE last (x);"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1026)"
            "    INSERT INTO filler SELECT zeroblob(1 << 20) FROM n;"
            "INSERT INTO last VALUES ('beyond');"
        )
    python = str(support.python_with_dbpage(tmp_path_factory.mktemp("python")))
    copy = live.with_name("copy")
    with copy.open("wb") as file:
        command = by(connector(live).dump(facts(connector(live), python)).command, python)
        subprocess.run([str(part) for part in command.argv], stdout=file, check=True)
    assert subprocess.run(["cmp", live, copy], check=False).returncode == 0


@support.contextmanager
def started(path: Path, python: str, *, spool: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """Starts a dump whose output nobody reads yet."""
    command = by(connector(path, SPOOL=spool).dump(facts(connector(path), python)).command, python)
    running = subprocess.Popen([str(part) for part in command.argv], stdout=subprocess.PIPE)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def read(running: subprocess.Popen[bytes], length: int) -> bytes:
    assert running.stdout is not None
    return os.read(running.stdout.fileno(), length)


def bytes_written(pid: int) -> int:
    """Bytes that a process has given to write() so far."""
    try:
        fields = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    except (OSError, ValueError):
        return 0
    return int(fields.get("wchar", 0))
