"""Database files and SQL text of SQLite: what is compared, and that only the staged file is written."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from django_rclone.db.sqlite.programs import fingerprint as program
from django_rclone.db.sqlite.programs.fingerprint import TextReader, read_file
from django_rclone.exceptions import VerificationFailed
from django_rclone.verification.comparison import differences
from django_rclone.verification.fingerprint import Fingerprint, Identity

TEXT = """PRAGMA user_version=7;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "a ""t" (x, "y)" TEXT);
INSERT INTO "a ""t"(rowid,x,"y)") VALUES(1,'it''s
',X'00');
INSERT INTO "a ""t"(rowid,x,"y)") VALUES(2,NULL,'); INSERT INTO b VALUES(');
CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO b VALUES(1);
PRAGMA writable_schema=ON;
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','search','search',0,'CREATE VIRTUAL TABLE
 search USING fts5(a, tokenize = ''porter'')');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence(rowid,name,seq) VALUES(1,'b',41);
CREATE TRIGGER z AFTER INSERT ON b BEGIN
  INSERT INTO b VALUES(2);
  SELECT ';';
END;
PRAGMA writable_schema=OFF;
COMMIT;
"""


def read_text(text: str = TEXT) -> Fingerprint:
    return TextReader(io.BytesIO(text.encode())).read()


def database(path: Path, script: str) -> bytes:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(script)
    return path.read_bytes()


def read(data: bytes, folder: Path) -> Fingerprint:
    found = read_file(io.BytesIO(data), folder / "stage")
    assert not (folder / "stage").exists()
    return found


def test_text_has_objects_rows_and_values():
    found = read_text()
    assert found.values == {Identity("pragma", "user_version"): "7", Identity("sequence", "b"): "41"}
    assert {str(name): rows.count for name, rows in found.rows.items()} == {'table "a "t"': 2, 'table "b"': 1}
    assert [str(name) for name in found.objects] == ['table "a "t"', 'table "b"', 'table "search"', 'trigger "z"']
    assert found.objects[Identity("table", "search")] == (
        "CREATE VIRTUAL TABLE",
        " search USING fts5(a, tokenize = 'porter')",
    )
    assert found.objects[Identity("trigger", "z")][-1] == "END"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("INSERT INTO b VALUES(1);\n", "", 'table "b": 1 row is missing'),
        ("NULL,'); INSERT", "'','); INSERT", 'table "a "t": at least 1 row differs'),
        ("'b',41", "'b',42", 'sequence "b": value 42, was 41'),
        ("SELECT ';'", "SELECT ''", "trigger \"z\" differs: - SELECT ';'; + SELECT '';"),
        ("''porter''", "''unicode61''", "table \"search\" differs: - search USING fts5(a, tokenize = 'porter') + "),
        ("=7;", "=8;", 'pragma "user_version": value 8, was 7'),
    ],
)
def test_a_change_of_the_text_is_named(old: str, new: str, sentence: str):
    (found,) = differences(read_text(), read_text(TEXT.replace(old, new)))
    assert found.startswith(sentence)


@pytest.mark.parametrize("size", [1, 3, 20])
def test_the_size_of_the_pieces_does_not_matter(monkeypatch: pytest.MonkeyPatch, size: int):
    whole = read_text()
    monkeypatch.setattr(program, "_PIECE", size)
    assert read_text() == whole


@pytest.mark.parametrize("end", ["", "ROLLBACK; -- due to errors\n", "COMMIT"])
def test_text_without_its_end_is_refused(end: str):
    with pytest.raises(VerificationFailed):
        read_text(TEXT.replace("COMMIT;\n", end))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("UPDATE t SET x = 12 WHERE x = '12'", 'table "t": at least 1 row differs'),
        ("UPDATE t SET x = X'3132' WHERE x = '12'", 'table "t": at least 1 row differs'),
        ("UPDATE t SET x = 1.0 WHERE x = 1", 'table "t": at least 1 row differs'),
        ("UPDATE t SET x = '' WHERE x IS NULL", 'table "t": at least 1 row differs'),
        ("UPDATE t SET x = 'a' WHERE x = 'a' || char(0) || 'b'", 'table "t": at least 1 row differs'),
        ("UPDATE t SET rowid = 99 WHERE rowid = 1", 'table "t": at least 1 row differs'),
        ("DELETE FROM t WHERE rowid = 1", 'table "t": 1 row is missing'),
        ("INSERT INTO pair VALUES ('new')", 'table "pair": 1 row is not in the backup'),
        ("DROP INDEX i", 'index "i" is missing'),
        ("PRAGMA application_id = 3", 'pragma "application_id": value 3, was 0'),
        ("UPDATE sqlite_sequence SET seq = 9", 'sequence "counted": value 9, was 1'),
    ],
)
def test_a_change_of_a_file_is_named(tmp_path: Path, change: str, sentence: str):
    script = """
    CREATE TABLE t (x, y AS (unknown(x)) VIRTUAL, z AS (1) STORED);
    CREATE TABLE pair (a PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT);
    CREATE INDEX i ON t (x);
    INSERT INTO t VALUES ('12'), (1), (NULL), ('a' || char(0) || 'b'), (CAST(X'FF' AS TEXT)), (9e999);
    INSERT INTO pair VALUES ('x');
    INSERT INTO counted VALUES (NULL);
    """.replace("unknown(x)", "upper(x)")
    before = database(tmp_path / "a", script)
    after = database(tmp_path / "a", change)
    assert differences(read(before, tmp_path), read(after, tmp_path)) == [sentence]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_functions_and_modules_that_only_the_app_has_are_not_needed(tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / "a", isolation_level=None)) as connection:
        connection.create_function("own", 1, lambda x: x, deterministic=True)
        connection.create_collation("own", lambda a, b: (a > b) - (a < b))
        connection.executescript(
            "CREATE TABLE t (x COLLATE own, y AS (own(x)) VIRTUAL, CHECK (own(x) <> 3)); CREATE INDEX i ON t (own(x));"
            "INSERT INTO t VALUES (1), (2); CREATE TABLE u (id PRIMARY KEY COLLATE own) WITHOUT ROWID;"
            "INSERT INTO u VALUES (1), (2);"
        )
    found = read((tmp_path / "a").read_bytes(), tmp_path)
    assert [rows.count for rows in found.rows.values()] == [2, 2]


def test_a_file_in_wal_mode_is_read_and_nothing_is_left(tmp_path: Path):
    data = database(tmp_path / "a", "PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1);")
    assert read(data, tmp_path).rows[Identity("table", "t")].count == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


@pytest.mark.parametrize("cut", [0, 10, 3000, 5000])
def test_a_damaged_file_is_refused_and_removed(tmp_path: Path, cut: int):
    data = database(tmp_path / "a", "CREATE TABLE t (x); INSERT INTO t VALUES (randomblob(9000));")
    with pytest.raises(VerificationFailed):
        read(data[:cut], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path):
    (tmp_path / "stage").write_text("mine")
    with pytest.raises(FileExistsError):
        read_file(io.BytesIO(b""), tmp_path / "stage")
    assert (tmp_path / "stage").read_text() == "mine"
