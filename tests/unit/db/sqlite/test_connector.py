"""What the SQLite connector describes, without anything being run."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from django_rclone.command import Command
from django_rclone.db.base import Facts, Mode
from django_rclone.db.sqlite.connection import locate
from django_rclone.db.sqlite.connector import SqliteConnector
from django_rclone.db.sqlite.facts import Live
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed
from tests.contract import sqlite_support as support
from tests.contract.sqlite_support import manifest

FACTS = Facts("3.46.1", 4096, tables={"t": 1}, details={"live": Live(path="/srv/app.db", writable=True)})


def sqlite(name: Any = "/srv/app.db", **options: Any) -> SqliteConnector:
    return SqliteConnector("default", {"NAME": name}, options)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/srv/app.db", "/srv/app.db"),
        (Path("/srv/app.db"), "/srv/app.db"),
        ("file:/srv/app.db", "/srv/app.db"),
        ("file:///srv/app.db?mode=rw&cache=shared", "/srv/app.db"),
        ("file://localhost/srv/app.db#part", "/srv/app.db"),
        ("file:/srv/a%20b%3F.db?mode=ro", "/srv/a b?.db"),
    ],
)
def test_a_name_is_read_as_django_and_sqlite_read_it(name: Any, path: str) -> None:
    assert sqlite(name).path == path
    assert sqlite(name).hindrances() == []


def test_a_relative_name_is_relative_to_the_working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate("app.db") == locate("file:app.db") == str(tmp_path / "app.db")


@pytest.mark.parametrize("name", [":memory:", "file::memory:", "file:x?mode=memory&cache=shared", "file:?mode=rw"])
def test_a_database_in_memory_is_refused_everywhere(name: str) -> None:
    assert "in memory" in sqlite(name).hindrances()[0]
    with pytest.raises(ConfigurationError, match=r'^Database "default": NAME is a database in memory'):
        sqlite(name).probe()


def test_an_empty_name_is_refused() -> None:
    assert sqlite("").hindrances() == ["NAME is empty. Set it to the path of the database file."]


def test_the_database_of_djangos_test_runner_is_no_fault_of_the_settings() -> None:
    assert sqlite("file:memorydb_default?mode=memory&cache=shared").hindrances() == []


@pytest.mark.parametrize("parameter", ["vfs=unix-dotfile", "nolock=1"])
def test_a_name_that_changes_how_the_file_is_locked_is_refused(parameter: str) -> None:
    assert parameter.partition("=")[0] in sqlite(f"file:/srv/app.db?{parameter}").hindrances()[0]


def test_unknown_and_wrong_options_are_reported() -> None:
    assert "Did you mean FORMAT?" in sqlite(FROMAT="sql").check()[0]
    assert "Known: BINARY_DIR, FORMAT, SPOOL." in sqlite(OTHER=1).check()[0]
    assert 'FORMAT is "xml"' in sqlite(FORMAT="xml").check()[0]
    assert sqlite(SPOOL="yes").check() == ["SPOOL must be True or False."]


def test_a_missing_sqlite3_program_is_reported_only_where_it_is_needed(tmp_path: Path) -> None:
    assert "BINARY_DIR" in sqlite(FORMAT="sql", BINARY_DIR=tmp_path).hindrances()[0]
    assert sqlite(BINARY_DIR=tmp_path).check() == []
    with pytest.raises(ConfigurationError, match="sqlite3"):
        sqlite(FORMAT="sql", BINARY_DIR=str(tmp_path)).dump(FACTS)
    with pytest.raises(ConfigurationError, match="sqlite3"):
        sqlite(BINARY_DIR=str(tmp_path)).restore(FACTS, manifest(b"", "sql"), Mode())


@pytest.mark.parametrize(
    ("live", "size", "words"),
    [
        (Live(exists=False), 0, "does not exist"),
        (Live(), 0, "is empty"),
        (Live(damaged="file is not a database"), 9, "is damaged"),
    ],
)
def test_what_is_no_database_is_never_dumped(live: Live, size: int, words: str) -> None:
    with pytest.raises(DjangoRcloneError, match=rf'^Database "default": /srv/app.db {words}'):
        sqlite().dump(Facts("3.46.1", size, details={"live": live}))


def test_a_schema_of_a_newer_sqlite_is_not_called_damaged() -> None:
    live = Live(damaged='malformed database schema (t) - near "NEW": syntax error')
    with pytest.raises(DjangoRcloneError, match=r"SQLite 3.46.1 cannot read the schema of /srv/app.db .* is newer"):
        sqlite().dump(Facts("3.46.1", 9, details={"live": live}))


def test_a_dump_describes_itself() -> None:
    dump = sqlite().dump(FACTS)
    assert (dump.extension, dump.format, dump.compression, dump.consistency) == ("sqlite3", "file", "", "snapshot")
    assert dump.command.argv[-2:] == ("/srv/app.db", "60")
    assert sqlite(SPOOL=True).dump(FACTS).command.argv[-1] == "spool"


def test_a_dump_as_sql_text_describes_itself() -> None:
    dump = sqlite(FORMAT="sql").dump(FACTS)
    assert (dump.extension, dump.format, dump.client) == ("sql", "sql", "sqlite3")
    assert [command.is_loader for command in dump.checks] == [False, True]


def test_a_database_without_tables_is_dumped_with_a_note() -> None:
    assert "no tables" in sqlite().dump(Facts("3.46.1", 4096, details={"live": Live()})).notes[0]


def test_a_restore_into_another_name_is_next_to_the_live_file() -> None:
    plan = sqlite().restore(FACTS, manifest(b"", "file"), Mode(into="copy.db"))
    assert plan.target == "/srv/copy.db"
    assert [command.argv[-1] for command in (*plan.prepare, plan.commit[-1])] == ["new", "new"]
    assert sqlite().restore(FACTS, manifest(b"", "file"), Mode(into="/other/copy.db")).target == "/other/copy.db"


def test_the_plan_shows_every_step() -> None:
    restore = sqlite().restore(FACTS, manifest(b"", "file"), Mode(terminate_sessions=True))
    plan = f"{restore.summary}\n{restore.steps}"
    assert "stage.py prepare /srv/app.db /srv/.app.db.restore-" in plan
    assert "stage.py load" in plan
    assert re.search(r"check_stage\.py /srv/\.app\.db\.restore-\S+ quick", plan)
    assert "replace.py /srv/app.db" in plan
    assert "SQLite has no sessions" in plan


def test_a_backup_of_another_format_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='format "archive"'):
        sqlite().restore(FACTS, manifest(b"", "archive"), Mode())


def test_only_objects_without_a_checksum_are_read_first() -> None:
    assert sqlite().contents(manifest(b"", "file")) is None
    assert isinstance(sqlite().contents(manifest(b"")), Command)


def test_cut_sql_text_is_refused_before_its_end_is_let_through() -> None:
    gate = sqlite().restore(FACTS, manifest(b"", "sql"), Mode()).gate
    assert gate.tail is not None
    assert gate.tail(b"...;\nCOMMIT;\n") == b"...;\nCOMMIT;\n"
    for end in (b"INSERT INTO t VALUES(1", b"ROLLBACK; -- due to errors\n", b""):
        with pytest.raises(DjangoRcloneError, match="does not end with COMMIT"):
            gate.tail(end)


def test_the_command_line_by_hand() -> None:
    assert sqlite().restore_by_hand("rclone cat x") == "rclone cat x > restored.sqlite3"
    assert sqlite(FORMAT="sql").restore_by_hand("rclone cat x") == "rclone cat x | sqlite3 -bail restored.sqlite3"


def test_a_failed_restore_says_that_nothing_was_changed() -> None:
    _check, commit = sqlite().restore(FACTS, manifest(b"", "file"), Mode()).commit
    error = commit.explain(ProgramFailed("python", 1, "SQLITE_FULL: database or disk is full"))
    assert str(error).endswith("Make room. Nothing was changed.")


def test_the_journal_mode_is_read_without_disturbing_this_process_own_locks(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    assert sqlite(path).journal_mode() == ""
    assert sqlite(":memory:").journal_mode() == ""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("CREATE TABLE t (x)")
    assert sqlite(path).journal_mode() == "rollback"
    database.execute("PRAGMA journal_mode = WAL")
    assert sqlite(path).journal_mode() == "wal"
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute("BEGIN EXCLUSIVE")
    locks = _locks(path)
    assert locks
    sqlite(path).journal_mode()
    assert _locks(path) == locks
    database.close()


@pytest.mark.parametrize("form", ["file", "sql"])
def test_a_small_database_goes_there_and_back(tmp_path: Path, form: str) -> None:
    live = support.build(tmp_path / "app.db", nul=False)
    before = support.contents(live)
    data = support.dump(support.connector(live, FORMAT=form))
    support.change(live)
    support.restore(support.connector(live), data)
    assert support.contents(live) == before
    assert support.files(tmp_path) == ["app.db"]


def _locks(path: Path) -> list[str]:
    inode = f":{path.stat().st_ino} "
    return [line.partition(": ")[2] for line in Path("/proc/locks").read_text().splitlines() if inode in line]
