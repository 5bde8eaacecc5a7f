"""The SQLite connector's programs at work: real processes, small databases."""

from __future__ import annotations

import os
import sqlite3
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from django_rclone import process
from django_rclone.db.base import Mode
from django_rclone.db.inspection import run_checks
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Unavailable
from tests.contract import sqlite_support as support
from tests.contract.sqlite_support import build, change, connect, connector, contents, dump, facts, files, restore


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """Where the live database will be; its name holds what quoting can get wrong."""
    folder = tmp_path / "it's 100% #1?"
    folder.mkdir()
    return folder / "app [a]*.sqlite3"


def spoil(path: Path, offset: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xa5" * length)


@pytest.mark.representatives("file-wal", "sql-rollback")
@pytest.mark.parametrize("wal", [False, True], ids=["rollback", "wal"])
@pytest.mark.parametrize("options", [{}, {"SPOOL": True}, {"FORMAT": "sql"}], ids=["file", "spool", "sql"])
def test_what_was_restored_equals_what_was_backed_up(live: Path, wal: bool, options: dict[str, Any]) -> None:
    build(live, wal=wal, nul="FORMAT" not in options)
    before = contents(live)
    data = dump(connector(live, **options))
    change(live)
    assert contents(live) != before
    restore(connector(live, **options), data)
    assert contents(live) == before
    assert facts(connector(live)).details["live"].journal_mode == ("wal" if wal else "rollback")
    assert files(live.parent) == [live.name]


def test_encoding_page_size_and_vacuum_mode_survive_sql_text(live: Path, tmp_path: Path) -> None:
    build(live, encoding="UTF-16le", page_size=1024, nul=False)
    with closing(connect(live)) as database:
        database.executescript("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")
    before = contents(live)
    data = dump(connector(live, FORMAT="sql"))
    other = tmp_path / "other.sqlite3"
    restore(connector(other), data)
    assert contents(other) == before


def test_the_dump_of_a_file_is_that_file(live: Path) -> None:
    build(live)
    assert dump(connector(live)) == live.read_bytes()


def test_changes_that_are_still_in_the_log_are_in_the_backup(live: Path, tmp_path: Path) -> None:
    build(live, wal=True)
    with closing(connect(live)) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("INSERT INTO log VALUES ('only in the log')")
        assert live.with_name(live.name + "-wal").stat().st_size
        for number, options in enumerate(({"SPOOL": True}, {})):
            copy = tmp_path / str(number)
            copy.write_bytes(dump(connector(live, **options)))
            assert contents(copy) == contents(live)


def test_the_probe_knows_the_database(live: Path) -> None:
    build(live, wal=True)
    found = facts(connector(live))
    assert found.size == live.stat().st_size
    assert found.migrations == {"shop": "0002_more", "auth": "0001_initial"}
    assert found.tables["empty"] == 0
    assert found.tables["book"] == 2
    assert found.server_version == sqlite3.sqlite_version
    assert found.details["live"].page_size == 4096
    assert found.details["live"].journal_mode == "wal"


def test_the_probe_makes_no_file(live: Path) -> None:
    assert facts(connector(live)).details["live"].exists is False
    assert files(live.parent) == []


def test_a_restore_on_a_fresh_machine_makes_the_file(live: Path) -> None:
    original = build(live.with_name("other"), wal=True)
    data = dump(connector(original))
    live.parent.chmod(0o770)
    restore(connector(live), data)
    assert contents(live) == contents(original)
    assert live.stat().st_mode & 0o777 == 0o660
    assert facts(connector(live)).details["live"].journal_mode == "wal"
    assert files(live.parent) == [live.name, "other"]


def leave_a_log(path: Path) -> None:
    """Leaves a database in WAL mode as a crash does: with a log that belongs to it, and changes in it."""
    support.open_bank(path, wal=True)
    with closing(connect(path)) as database:
        database.execute("UPDATE account SET balance = 1001")  # the first page is not among those that it changes
        kept = {ending: path.with_name(path.name + ending).read_bytes() for ending in ("", "-wal", "-shm")}
    for ending, content in kept.items():
        path.with_name(path.name + ending).write_bytes(content)
    assert kept["-wal"]


def test_a_log_that_a_removed_database_left_does_not_spoil_the_restored_one(live: Path) -> None:
    data = dump(connector(build(live.with_name("other"))))
    leave_a_log(live)
    live.unlink()
    live.with_name(live.name + "-journal").write_bytes(b"rubbish")
    restore(connector(live), data)
    assert contents(live) == contents(live.with_name("other"))


@pytest.mark.parametrize("wal", [False, True], ids=["rollback", "wal"])
def test_the_live_file_keeps_its_journal_mode(live: Path, wal: bool) -> None:
    data = dump(connector(build(live, wal=not wal)))
    with closing(connect(live)) as app:
        app.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
    restore(connector(live), data)
    assert facts(connector(live)).details["live"].journal_mode == ("wal" if wal else "rollback")


def test_an_empty_file_is_no_database_to_back_up_but_one_to_restore_into(live: Path) -> None:
    data = dump(connector(build(live.with_name("other"))))
    live.touch(0o640)
    inode = live.stat().st_ino
    with pytest.raises(ConfigurationError, match=r"is empty \(0 bytes\)"):
        dump(connector(live))
    restore(connector(live), data)
    assert contents(live) == contents(live.with_name("other"))
    assert (live.stat().st_ino, live.stat().st_mode & 0o777) == (inode, 0o640)


def test_the_live_file_keeps_its_owner_and_mode(live: Path) -> None:
    data = dump(connector(build(live)))
    live.chmod(0o604)
    before = live.stat()
    restore(connector(live), data)
    after = live.stat()
    assert (after.st_ino, after.st_mode, after.st_uid, after.st_gid) == (
        before.st_ino, before.st_mode, before.st_uid, before.st_gid,
    )  # fmt: skip


@pytest.mark.representatives("wal")
@pytest.mark.parametrize("wal", [False, True], ids=["rollback", "wal"])
def test_an_open_connection_sees_the_restored_data(live: Path, wal: bool) -> None:
    build(live, wal=wal)
    data = dump(connector(live))
    change(live)
    with closing(connect(live)) as app:
        assert app.execute("SELECT count(*) FROM later").fetchone() == (2,)
        restore(connector(live), data)
        assert app.execute("SELECT name FROM author WHERE id = 1").fetchone() == ("Ann",)
        app.execute("INSERT INTO log VALUES ('after')")
    with closing(connect(live)) as database:
        assert database.execute("SELECT count(*) FROM log WHERE line = 'after'").fetchone() == (1,)


def test_a_symbolic_link_stays_one(live: Path, tmp_path: Path) -> None:
    data = dump(connector(build(live)))
    link = tmp_path / "link.sqlite3"
    link.symlink_to(live)
    change(live)
    restore(connector(link), data)
    assert link.is_symlink()
    assert "later" not in str(contents(live)["schema"])
    live.unlink()
    restore(connector(link), data)
    assert link.is_symlink()
    assert contents(live)


@pytest.mark.representatives("rollback")
@pytest.mark.parametrize("wal", [False, True], ids=["rollback", "wal"])
def test_pages_of_another_size_are_restored(live: Path, wal: bool) -> None:
    data = dump(connector(build(live.with_name("other"), page_size=8192, wal=True)))
    build(live, page_size=1024, wal=wal)
    inode = live.stat().st_ino
    restore(connector(live), data)
    assert contents(live) == contents(live.with_name("other"))
    assert live.stat().st_ino == inode
    assert facts(connector(live)).details["live"].journal_mode == ("wal" if wal else "rollback")


def test_pages_of_another_size_do_not_replace_a_log_that_others_use(live: Path) -> None:
    data = dump(connector(build(live.with_name("other"), page_size=8192)))
    build(live, page_size=1024, wal=True)
    before = contents(live)
    with closing(connect(live)) as app:
        app.execute("SELECT count(*) FROM author").fetchone()
        with pytest.raises(Unavailable, match=r"another page size.*Stop those processes.*pid.*Nothing was changed"):
            restore(connector(live, patient=False), data)
        assert app.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert contents(live) == before


@pytest.mark.representatives("rollback")
@pytest.mark.parametrize("wal", [False, True], ids=["rollback", "wal"])
def test_a_restore_names_who_has_locked_the_database(live: Path, wal: bool) -> None:
    data = dump(connector(build(live, wal=wal)))
    change(live)
    before = contents(live)
    with closing(connect(live)) as app:
        app.execute("BEGIN IMMEDIATE")
        words = rf"other processes have it locked.*\(pid {os.getpid()}\).*Nothing was changed\.$"
        with pytest.raises(Unavailable, match=words):
            restore(connector(live, patient=False), data)
        app.execute("ROLLBACK")
    assert contents(live) == before
    assert files(live.parent) == [live.name]


def test_a_dump_and_a_probe_name_who_has_locked_the_database(live: Path) -> None:
    build(live)
    impatient = connector(live, patient=False)
    known = facts(impatient)
    with closing(connect(live)) as app:
        app.execute("BEGIN EXCLUSIVE")
        text = connector(live, patient=False, FORMAT="sql").dump(known).command
        spool = connector(live, patient=False, SPOOL=True).dump(known).command
        for command in (impatient.probe(), impatient.dump(known).command, text, spool):
            with pytest.raises(Unavailable, match=rf"locked.*\(pid {os.getpid()}\)"):
                process.run(command)


def test_a_journal_that_a_crash_left_is_rolled_back_first(live: Path) -> None:
    build(live)
    with closing(connect(live)) as app:
        app.execute("CREATE TABLE money AS SELECT 1 AS paid")
    before = contents(live)
    crash = (
        "import os, sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('PRAGMA cache_size = 1')\n"
        "database.execute('BEGIN')\n"
        "database.execute('UPDATE money SET paid = 0')\n"
        "database.execute('INSERT INTO anything SELECT randomblob(9000) FROM anything, anything')\n"
        "os._exit(0)\n"
    )
    process.run(support.Command((sys.executable, "-c", crash, str(live))))
    assert live.with_name(live.name + "-journal").stat().st_size
    assert facts(connector(live)).tables["money"] == 1
    copy = live.with_name("copy")
    copy.write_bytes(dump(connector(live)))
    assert contents(copy) == before


def test_garbage_in_the_place_of_the_database_is_replaced(live: Path) -> None:
    original = build(live.with_name("other"))
    data = dump(connector(original))
    leave_a_log(live)
    spoil(live, 0, 50000)
    live.chmod(0o604)
    assert facts(connector(live)).details["live"].damaged
    with pytest.raises(DjangoRcloneError, match=r"is damaged .*Restore a backup"):
        dump(connector(live))
    steps = restore(connector(live), data)
    assert "restart the processes that have it open" in steps.summary
    assert contents(live) == contents(original)
    assert live.stat().st_mode & 0o777 == 0o604
    assert files(live.parent) == [live.name, "other"]


@pytest.mark.parametrize("wal", [False, True], ids=["rollback", "wal"])
def test_a_damaged_database_is_restored(live: Path, wal: bool) -> None:
    build(live, wal=wal)
    before = contents(live)
    data = dump(connector(live))
    spoil(live, 4096, live.stat().st_size - 4096)
    restore(connector(live), data)
    assert contents(live) == before


@pytest.mark.parametrize("form", ["file", "sql"])
def test_a_cut_download_leaves_the_database_as_it_was(live: Path, form: str) -> None:
    build(live, nul=False)
    data = dump(connector(live, FORMAT=form))
    change(live)
    before = contents(live)
    for cut in (0, 10, len(data) // 2, len(data) - 1, len(data)):
        with pytest.raises(DjangoRcloneError):
            restore(connector(live), data, form=form, cut=cut)
    assert contents(live) == before
    assert files(live.parent) == [live.name]


def test_a_damaged_backup_leaves_the_database_as_it_was(live: Path) -> None:
    build(live)
    data = dump(connector(live))
    change(live)
    before = contents(live)
    torn = data[:20000] + os.urandom(30000) + data[50000:]
    for damaged in (data[: len(data) // 2], torn, data[:4096], os.urandom(9999), b"", b"SQLite format 3\0"):
        with pytest.raises(
            DjangoRcloneError, match=r'^Database "default": .* failed: .*(Nothing was changed\.|prints\.)$'
        ):
            restore(connector(live), damaged, form="" if damaged == b"" else "file")
    assert contents(live) == before
    assert files(live.parent) == [live.name]


def test_sql_text_that_was_cut_before_it_was_stored_leaves_the_database_as_it_was(live: Path) -> None:
    build(live, nul=False)
    data = dump(connector(live, FORMAT="sql"))
    before = contents(live)
    with pytest.raises(DjangoRcloneError, match="does not end with COMMIT"):
        restore(connector(live), data.removesuffix(b"COMMIT;\n"))
    assert contents(live) == before
    assert files(live.parent) == [live.name]


def test_whole_sql_text_with_a_failing_statement_leaves_the_database_as_it_was(live: Path) -> None:
    build(live)
    before = contents(live)
    text = b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nINSERT INTO missing VALUES(1);\nCOMMIT;\n"
    with pytest.raises(DjangoRcloneError, match=r"no such table: missing.*Nothing was changed\."):
        restore(connector(live), text)
    assert contents(live) == before
    assert files(live.parent) == [live.name]


def test_sql_text_may_not_start_programs_or_write_elsewhere(live: Path, tmp_path: Path) -> None:
    build(live)
    for attack in (f".shell touch {tmp_path}/pwned", f".output {tmp_path}/pwned", f"ATTACH '{tmp_path}/pwned' AS x;"):
        with pytest.raises(DjangoRcloneError, match="safe mode"):
            restore(connector(live), f"{attack}\nBEGIN;\nCOMMIT;\n".encode(), form="sql")
    assert not (tmp_path / "pwned").exists()


def test_sql_text_of_a_damaged_database_is_no_dump(live: Path) -> None:
    support.open_bank(live, wal=False)
    known = facts(connector(live))
    spoil(live, 4096 * 400, 4096 * 3)
    made = connector(live, FORMAT="sql").dump(known)
    with pytest.raises(DjangoRcloneError, match="could not read all of the database"):
        process.peek(made.command, *made.through)


def test_a_database_that_is_seen_to_be_damaged_is_not_dumped(live: Path) -> None:
    support.open_bank(live, wal=False)
    spoil(live, 4096 * 2, live.stat().st_size - 4096 * 2)
    with pytest.raises(DjangoRcloneError, match=r"is damaged .*Restore a backup"):
        dump(connector(live))


def test_a_backup_by_django_rclone_0_4_is_restored_whatever_its_ending(live: Path) -> None:
    build(live, nul=False)
    before = contents(live)
    text = process.run(support.Command(("sqlite3", str(live), ".dump")))
    change(live)
    restore(connector(live), text)
    lost = {"PRAGMA user_version", "PRAGMA application_id"}
    assert {key: value for key, value in contents(live).items() if key not in lost} == {
        key: value for key, value in before.items() if key not in lost
    }


def test_what_is_neither_a_database_nor_sql_is_refused(live: Path) -> None:
    build(live)
    for data in (b"", b"PK\3\4 an archive", b"PRAGMA \0"):
        with pytest.raises(DjangoRcloneError, match="neither a SQLite database file nor"):
            support.plan(connector(live), data)


def test_a_restore_into_another_name_leaves_the_live_database_alone(live: Path) -> None:
    build(live, wal=True)
    data = dump(connector(live))
    before = contents(live)
    change(live)
    after = contents(live)
    restore(connector(live), data, mode=Mode(into="copy.sqlite3"))
    assert contents(live.with_name("copy.sqlite3")) == before
    assert contents(live) == after
    for name in ("copy.sqlite3", live.name):
        with pytest.raises(ConfigurationError, match="exists already and is not empty"):
            restore(connector(live), data, mode=Mode(into=name))
    live.with_name("empty").touch()
    restore(connector(live), data, mode=Mode(into="empty"))
    assert contents(live.with_name("empty")) == before


@pytest.mark.parametrize("wal", [False, True], ids=["rollback", "wal"])
def test_a_restore_that_cannot_be_written_to_its_end_leaves_the_database_as_it_was(live: Path, wal: bool) -> None:
    build(live, wal=wal)
    data = dump(connector(live))
    change(live)
    before = contents(live)
    steps = support.plan(connector(live), data)
    process.run(steps.prepare[0])
    process.run(steps.load[0], stdin=data)
    check, commit = steps.commit
    process.run(check)
    cramped = support.dataclasses.replace(commit, argv=("prlimit", "--fsize=100000", *commit.argv))
    with pytest.raises(DjangoRcloneError, match=r"A restore of .* failed: .*Nothing was changed\.$"):
        process.run(cramped)
    process.run(steps.abort[0])
    assert contents(live) == before
    assert files(live.parent) == [live.name]


def test_a_folder_that_is_missing_or_full_is_said_before_anything_is_loaded(live: Path) -> None:
    data = dump(connector(build(live)))
    with pytest.raises(ConfigurationError, match="does not exist"):
        restore(connector(live.parent / "missing" / "app"), data)
    huge = support.manifest(b"", "file")
    (stored,) = huge.objects
    huge = support.dataclasses.replace(huge, objects=(support.dataclasses.replace(stored, raw_bytes=1 << 60),))
    (prepare,) = connector(live).restore(facts(connector(live)), huge, Mode()).prepare
    with pytest.raises(ConfigurationError, match=r"needs [\d,]+ free bytes in .*, there are [\d,]+\."):
        process.run(prepare)


def test_stages_of_killed_restores_are_swept_and_others_left(live: Path) -> None:
    data = dump(connector(build(live)))
    dead = process.run(support.Command(("sh", "-c", "echo $$"))).decode().strip()
    namespace = f"{Path('/proc/self/ns/pid').stat().st_ino:x}"
    name = f".{live.name}.restore-"
    killed = live.with_name(f"{name}{namespace}.{dead}.00")
    elsewhere = live.with_name(f"{name}1.{dead}.00")
    old = live.with_name(f"{name}1.{dead}.01")
    working = live.with_name(f"{name}{namespace}.{os.getpid()}.00")
    foreign = live.with_name(f"{name}notes")
    for stage in (killed, elsewhere, old, working, foreign, killed.with_name(killed.name + "-journal")):
        stage.write_bytes(b"x")
    an_hour_ago = time.time() - 4000
    os.utime(old, (an_hour_ago, an_hour_ago))
    restore(connector(live), data)
    assert files(live.parent) == sorted(path.name for path in (live, elsewhere, working, foreign))


def test_constraints_that_need_the_apps_functions_do_not_stop_a_restore(live: Path) -> None:
    with closing(connect(live)) as app:
        app.create_function("regexp", 2, lambda pattern, text: text.startswith(pattern), deterministic=True)
        app.create_function("django_like", 1, str.upper, deterministic=True)
        app.create_collation("app", lambda a, b: (a > b) - (a < b))
        app.executescript(
            "CREATE TABLE t (a TEXT CHECK (a REGEXP 'x'), b TEXT COLLATE app);"
            "CREATE INDEX i ON t (django_like(a)); CREATE INDEX j ON t (b); INSERT INTO t VALUES ('xa', 'b');"
        )
    data = dump(connector(live))
    with closing(connect(live)) as app:
        app.execute("DROP TABLE t")
    restore(connector(live), data)
    assert facts(connector(live)).tables == {"t": 1}


def test_a_damaged_table_is_found_although_its_constraint_needs_the_app(live: Path) -> None:
    with closing(connect(live)) as app:
        app.create_function("regexp", 2, lambda pattern, text: text.startswith(pattern), deterministic=True)
        app.execute("CREATE TABLE t (a TEXT CHECK (a REGEXP 'x'))")
        app.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 100)
    data = dump(connector(live))
    with pytest.raises(DjangoRcloneError, match="its contents are damaged"):
        restore(connector(live), data[:8192] + os.urandom(8192) + data[16384:], form="file")


APPS_OWN = {
    "collation in an index": "CREATE TABLE t (a TEXT COLLATE app UNIQUE)",
    "collation as the order of a table": "CREATE TABLE t (a TEXT COLLATE app PRIMARY KEY) WITHOUT ROWID",
    "function in an index": "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (app(a))",
    "function in a partial index": "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a) WHERE app(a) > 'B'",
    "function in a generated column": "CREATE TABLE t (a TEXT, b TEXT AS (app(a)) STORED); CREATE INDEX i ON t (b)",
    "function in a constraint": "CREATE TABLE t (a TEXT CHECK (app(a) <> ''))",
}


def with_apps_own(path: Path, schema: str, rows: int = 3) -> None:
    """Makes a database whose schema needs what only the app registers."""
    with closing(connect(path)) as app:
        app.create_function("app", 1, str.upper, deterministic=True)
        app.create_collation("app", lambda a, b: (a < b) - (a > b))
        app.executescript(f"{schema}; CREATE TABLE other (id INTEGER PRIMARY KEY, x)")
        app.executemany("INSERT INTO t (a) VALUES (?)", [(f"{number:04}" + "x" * 500,) for number in range(rows)])


@pytest.mark.parametrize("schema", APPS_OWN.values(), ids=APPS_OWN)
def test_a_file_that_needs_the_apps_functions_and_collations_comes_back(live: Path, schema: str) -> None:
    with_apps_own(live, schema)
    data = dump(connector(live))
    with closing(connect(live)) as app:
        app.execute("DROP TABLE other")
    restore(connector(live), data, form="file")
    assert live.read_bytes()[100:] == data[100:]  # the header counts changes


@pytest.mark.parametrize("form", ["file", ""], ids=["with a hash", "without a hash"])
@pytest.mark.parametrize("schema", APPS_OWN.values(), ids=APPS_OWN)
def test_damage_is_found_also_in_a_table_that_needs_the_app(live: Path, schema: str, form: str) -> None:
    with_apps_own(live, schema, rows=100)
    data = dump(connector(live))
    page = 4096 * 4
    with pytest.raises(DjangoRcloneError, match="its contents are damaged"):
        restore(connector(live), data[:page] + os.urandom(4096) + data[page + 4096 :], form=form)


def test_an_index_that_lacks_rows_is_damage_only_without_a_hash(live: Path) -> None:
    partial, whole = "CREATE INDEX i ON t (a) WHERE a > 'b'", "CREATE INDEX i ON t (a)"
    with closing(connect(live)) as app:
        app.executescript(f"CREATE TABLE t (a TEXT); {partial}; INSERT INTO t VALUES ('a'), ('c')")
        app.execute("PRAGMA writable_schema = ON")
        app.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'i'", (whole,))
    data = dump(connector(live))
    with closing(connect(live)) as app:
        app.execute("DROP TABLE t")
    with pytest.raises(DjangoRcloneError, match=r"its contents are damaged .*missing from index i"):
        restore(connector(live), data)
    assert facts(connector(live)).tables == {}
    restore(connector(live), data, form="file")
    assert live.read_bytes()[100:] == data[100:]  # the header counts changes


@pytest.mark.parametrize("schema", APPS_OWN.values(), ids=APPS_OWN)
def test_sql_text_that_only_the_app_could_load_is_no_backup(live: Path, schema: str) -> None:
    with_apps_own(live, schema)
    with pytest.raises(ConfigurationError, match=r'only the app registers .* Set FORMAT to "file"'):
        dump(connector(live, FORMAT="sql"))


def test_sql_text_keeps_rowids(live: Path) -> None:
    with closing(connect(live)) as app:
        app.executescript(
            "CREATE TABLE article (title, rowid); CREATE TABLE pair (a PRIMARY KEY, b) WITHOUT ROWID;"
            "INSERT INTO article VALUES ('gone', 1), ('second', 2), ('third', 3); INSERT INTO pair VALUES (1, 2);"
            "DELETE FROM article WHERE title = 'gone';"
            "CREATE VIRTUAL TABLE search USING fts5 (title, content = 'article', content_rowid = '_rowid_');"
            "INSERT INTO search (search) VALUES ('rebuild');"
        )
    restore(connector(live), dump(connector(live, FORMAT="sql")), form="sql")
    with closing(connect(live)) as app:
        assert app.execute("SELECT _rowid_, title FROM article").fetchall() == [(2, "second"), (3, "third")]
        assert app.execute("SELECT rowid, title FROM search ('third')").fetchall() == [(3, "third")]


def test_rows_that_break_a_constraint_come_back_from_sql_text(live: Path) -> None:
    with closing(connect(live)) as app:
        app.executescript(
            "CREATE TABLE t (a CHECK (a > 0)); PRAGMA ignore_check_constraints = ON; INSERT INTO t VALUES (-1)"
        )
    restore(connector(live), dump(connector(live, FORMAT="sql")), form="sql")
    with closing(connect(live)) as app:
        assert app.execute("SELECT a FROM t").fetchall() == [(-1,)]


_DECLARE = "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = "
REJECTED = {
    "NULL where there may be none": (
        f"CREATE TABLE t (a, b); INSERT INTO t VALUES (1, NULL); {_DECLARE} 'CREATE TABLE t (a, b NOT NULL)'",
        r"t\.b holds a NULL value",
    ),
    "the same values twice": (
        "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (1, 2); CREATE INDEX i ON t (a, b);"
        f"{_DECLARE} replace(sql, 'INDEX', 'UNIQUE INDEX') WHERE name = 'i'",
        r"t \(a, b\) has duplicate values that must be unique \(index i\)",
    ),
    "the same expression twice": (
        "CREATE TABLE t (a, b); INSERT INTO t VALUES ('x', 2), ('X', 2); CREATE INDEX i ON t (lower(a)) WHERE b > 1;"
        f"{_DECLARE} replace(sql, 'INDEX', 'UNIQUE INDEX') WHERE name = 'i'",
        r"t \(an expression\) has duplicate values",
    ),
    "a text among strict integers": (
        f"CREATE TABLE t (a INT, b); INSERT INTO t VALUES ('x', 2); {_DECLARE} 'CREATE TABLE t (a INT, b ANY) STRICT'",
        r"t\.a holds a non-INT value",
    ),
}


@pytest.mark.parametrize(("script", "words"), REJECTED.values(), ids=REJECTED)
def test_rows_that_could_not_be_inserted_anew_are_no_sql_text_but_come_back_as_a_file(
    live: Path, script: str, words: str
) -> None:
    with closing(connect(live)) as app:
        app.executescript(script)
    with pytest.raises(ConfigurationError, match=rf'^Database "default": {words}.* FORMAT to "file"\.$') as refused:
        run_checks(connector(live, FORMAT="sql").dump(facts(connector(live))))
    assert refused.value.exit_code == 2
    rows = rows_of(live)
    data = dump(connector(live))
    with closing(connect(live)) as app:
        app.execute("DROP TABLE t")
    restore(connector(live), data, form="file")
    assert rows_of(live) == rows


def test_a_unique_index_that_lacks_rows_is_repaired_before_there_is_sql_text(live: Path) -> None:
    with closing(connect(live)) as app:
        app.executescript(
            "CREATE TABLE t (a); CREATE UNIQUE INDEX i ON t (a); INSERT INTO t VALUES (1);"
            f"{_DECLARE} sql || ' WHERE a > 5' WHERE name = 'i'"
        )
    with closing(connect(live)) as app:
        app.executescript("INSERT INTO t VALUES (1); PRAGMA writable_schema = ON;")
        app.execute("UPDATE sqlite_master SET sql = 'CREATE UNIQUE INDEX i ON t (a)' WHERE name = 'i'")
    with pytest.raises(ConfigurationError, match=r't \(a\) must be unique.* REINDEX "i"\.$'):
        run_checks(connector(live, FORMAT="sql").dump(facts(connector(live))))


def test_a_row_that_is_too_long_for_one_statement_is_no_sql_text(live: Path) -> None:
    with closing(connect(live)) as app:
        app.executescript("PRAGMA page_size = 65536; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        app.execute("CREATE TABLE t (a, b)")
        app.execute("INSERT INTO t VALUES (1, zeroblob(500000000))")
    with pytest.raises(ConfigurationError, match=r"t \(a, b\) has a row that is 1,000,\d{3},\d{3} characters of SQL"):
        run_checks(connector(live, FORMAT="sql").dump(facts(connector(live))))


NUMBERS = (
    0.1 + 0.2, 1 / 3, 1e15, 1e22, 1e300, 2.0**53, 9007199254740993.0, 2.0**63, -(2.0**63), 123456789012345678.0,
    1e-320, 2.2250738585072014e-308, 5e-324, sys.float_info.max, -sys.float_info.max, float("inf"), -float("inf"),
    0.0, -0.0, 1.0, 9007199254740993, 2**63 - 1, -(2**63),
)  # fmt: skip


@pytest.mark.parametrize("declared", ["", "REAL"], ids=["untyped", "real"])
def test_a_number_comes_back_bit_for_bit_from_sql_text_or_the_backup_names_its_column(
    live: Path, declared: str
) -> None:
    one_row(live, NUMBERS, declared)
    assert_exact_or_named(live, "numbers")


TEXTS = ("", "a'b", "a\r\nb\\n", "'\n", "\ufeffa", "🎈", "\x01\x1a\x7f", "x" * 3_000_000 + "\n", "a\0b", "\0")


@pytest.mark.representatives("UTF-8", "UTF-16le")
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_a_text_comes_back_exactly_from_sql_text_or_the_backup_names_its_column(live: Path, encoding: str) -> None:
    one_row(live, TEXTS, encoding=encoding)
    assert assert_exact_or_named(live, "texts") == {number for number, text in enumerate(TEXTS) if "\0" in text}


def test_bytes_that_are_no_utf_8_come_back_exactly_from_sql_text(live: Path) -> None:
    one_row(live, (b"\xed\xa0\x80", b"\xc0\x80", b"\xf5", b"\x80", b"a\xe9", b"\xef\xbf\xbe"))
    with closing(connect(live)) as app:
        app.execute(f"UPDATE t SET {', '.join(f'a{number} = CAST(a{number} AS TEXT)' for number in range(6))}")
    assert assert_exact_or_named(live, "texts") == set()


def test_half_a_surrogate_pair_in_utf_16_is_named(live: Path) -> None:
    wrong = ("\ud800", "\ud800a", "a\udc00", "\udc00\ud800", "\ufffe", "\uffff")
    placeholders = [chr(0x4E00 + number) * len(text) for number, text in enumerate(wrong)]
    one_row(live, placeholders, encoding="UTF-16le")
    pages = live.read_bytes()
    for placeholder, text in zip(placeholders, wrong, strict=True):
        assert pages.count(placeholder.encode("utf-16-le")) == 1
        pages = pages.replace(placeholder.encode("utf-16-le"), text.encode("utf-16-le", "surrogatepass"))
    live.write_bytes(pages)
    assert assert_exact_or_named(live, "texts") == set(range(6))


def test_values_that_only_an_edited_declaration_would_convert_are_named(live: Path) -> None:
    with closing(connect(live)) as app:
        app.executescript(
            f"CREATE TABLE t (a, b); INSERT INTO t VALUES ('12', 3); {_DECLARE} 'CREATE TABLE t (a INT, b TEXT)'"
        )
    notes = run_checks(connector(live, FORMAT="sql").dump(facts(connector(live))))
    assert [note.partition(" has values of another type")[0] for note in notes] == ["t.a", "t.b"]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16be"])
def test_an_ordinary_database_needs_no_word_about_its_sql_text(live: Path, encoding: str) -> None:
    build(live, encoding=encoding, nul=False)
    with closing(connect(live)) as app:
        if encoding != "UTF-8":  # where invalid UTF-8 was converted
            app.execute("DELETE FROM anything WHERE typeof(x) = 'text'")
        app.execute("DELETE FROM anything WHERE x = 1e-320")  # old libraries read it differently
        app.execute("ALTER TABLE book ADD COLUMN added TEXT NOT NULL DEFAULT 'x'")
        app.execute(f"CREATE TABLE wide ({', '.join(f'c{number}' for number in range(1900))})")
    assert run_checks(connector(live, FORMAT="sql").dump(facts(connector(live)))) == []


def one_row(path: Path, values: Sequence[Any], declared: str = "", encoding: str = "UTF-8") -> None:
    """Makes a table ``t`` with one row, whose columns ``a0``, ``a1``… hold the values."""
    with closing(connect(path)) as app:
        app.execute(f"PRAGMA encoding = '{encoding}'")
        app.execute(f"CREATE TABLE t ({', '.join(f'a{number} {declared}' for number in range(len(values)))})")
        app.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(values))})", values)


def rows_of(path: Path) -> list[list[tuple[str, Any]]]:
    """Each value of the table ``t``: its type, and what it is to the last bit."""
    with closing(connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM pragma_table_info('t')")]
        asked = (f"typeof({name}), iif(typeof({name}) = 'text', CAST({name} AS BLOB), {name})" for name in names)
        return [
            [
                (kind, struct.pack(">d", value) if kind == "real" else value)
                for kind, value in zip(row[::2], row[1::2], strict=True)
            ]
            for row in database.execute(f"SELECT {', '.join(asked)} FROM t ORDER BY rowid")
        ]


def assert_exact_or_named(path: Path, what: str) -> set[int]:
    """Backs up as SQL text, damages and restores. Returns the numbers of the columns that the backup named, which are
    those that came back changed."""
    sql = connector(path, FORMAT="sql")
    notes = run_checks(sql.dump(facts(sql)))
    named = {int(note.removeprefix("t.a").partition(f" has {what} that ")[0]) for note in notes}
    (before,) = rows_of(path)
    data = dump(sql)
    with closing(connect(path)) as app:
        app.execute("DROP TABLE t")
    restore(sql, data, form="sql")
    (after,) = rows_of(path)
    assert named == {number for number, value in enumerate(before) if after[number] != value}
    return named


def test_a_spooled_dump_takes_its_copy_along_when_it_ends(live: Path) -> None:
    build(live)
    stale = live.with_name(f".{live.name}.spool-abc")
    stale.touch()
    os.utime(stale, (0, 0))
    dump(connector(live, SPOOL=True))
    assert files(live.parent) == [live.name]
