"""Dumps of MySQL and MariaDB: what is a row, what is a definition, and what is left out."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.db.mysql import dump_format
from django_rclone.db.mysql.programs import split
from django_rclone.db.mysql.programs.fingerprint import Delimiters, Reader
from django_rclone.db.mysql.programs.insert_rows import InsertRows
from django_rclone.exceptions import VerificationFailed
from django_rclone.verification.comparison import differences
from django_rclone.verification.fingerprint import Fingerprint, Identity
from django_rclone.verification.rows import RowHash, Rows

TOKEN = "0123456789abcdef"
TABLE = """CREATE TABLE `t``a` (
  `id` int NOT NULL AUTO_INCREMENT,
  `name` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'a;',
  PRIMARY KEY (`id`),
  KEY `by name` (`name`),
  CONSTRAINT `fk` FOREIGN KEY (`id`) REFERENCES `u` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4;
"""
ROWS = "INSERT INTO `t``a` VALUES (1,'a'),(2,NULL),(3,'),(\\'');\nINSERT INTO `t``a` VALUES (4,'');\n"
TRIGGER = """/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;
/*!50003 SET sql_mode              = 'ANSI' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER `on ``t` BEFORE INSERT ON `t` FOR EACH ROW BEGIN
  -- it's ;; no end
  SET NEW.n = ';;' /* ;; ' */ + 1;
END */;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
"""


def read(tables: str = "", triggers: str = "", flavour: str = "mysql") -> Fingerprint:
    end = b"-- Dump completed\n"
    dump = (
        dump_format.head(TOKEN, flavour, "9.7.4")
        + b"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"
        + (dump_format.mark(TOKEN, "tables") + tables.encode() + end)
        + (dump_format.mark(TOKEN, "triggers") + triggers.encode() + end)
        + dump_format.mark(TOKEN, "end")
    )
    return Reader().read(io.BytesIO(dump), flavour)


def test_a_table_its_keys_and_its_rows():
    found = read(TABLE + ROWS)
    assert found.objects == {
        Identity("defaults of the database"): ("CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",),
        Identity("table", "t`a"): (
            "CREATE TABLE `t``a` (",
            "`id` int NOT NULL AUTO_INCREMENT",
            "`name` varchar(9) COLLATE utf8mb4_bin DEFAULT 'a;'",
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;",
        ),
        Identity("primary key", "t`a"): ("PRIMARY KEY (`id`)",),
        Identity("index", "t`a.by name"): ("KEY `by name` (`name`)",),
        Identity("foreign key", "t`a.fk"): ("CONSTRAINT `fk` FOREIGN KEY (`id`) REFERENCES `u` (`id`)",),
    }
    assert found.values == {Identity("AUTO_INCREMENT of table", "t`a"): "7"}
    assert found.rows[Identity("table", "t`a")].count == 4


def test_rows_may_be_in_other_statements_and_in_another_order():
    other = "INSERT INTO `t``a` VALUES\n(4,''),\n(2,NULL);\nINSERT INTO `t``a` VALUES (3,'),(\\''),(1,'a');\n"
    assert not differences(read(TABLE + ROWS), read(TABLE + other))
    assert differences(read(TABLE + ROWS), read(TABLE + other.replace("(2,NULL)", "(2,'NULL')"))) == [
        'table "t`a": at least 1 row differs'
    ]


def test_a_trigger_ends_where_the_client_ends_it_and_keeps_its_mode():
    found = read(TABLE, TRIGGER)
    (lines,) = (lines for name, lines in found.objects.items() if name == Identity("trigger", "on `t"))
    assert lines[0] == "SET sql_mode = 'ANSI'"
    assert lines[-1] == "END */"
    (mode,) = differences(found, read(TABLE, TRIGGER.replace("'ANSI'", "''")))
    assert mode == "trigger \"on `t\" differs: - SET sql_mode = 'ANSI' + SET sql_mode = ''"
    assert differences(found, read(TABLE)) == ['trigger "on `t" is missing']


def test_the_name_of_the_schema_does_not_matter_but_its_defaults_do():
    one, two, third = (
        f"ALTER DATABASE `{name}` CHARACTER SET {charset} ;\n{TRIGGER}"
        for name, charset in (("app", "latin1"), ("dr`ill".replace("`", "``"), "latin1"), ("app", "utf8mb3"))
    )
    assert not differences(read("", one), read("", two))
    (found,) = differences(read("", one), read("", third))
    assert "latin1" in found


def test_a_password_in_a_table_is_compared_but_never_shown():
    one, two = (
        f"CREATE TABLE `f` (\n  `id` int\n) ENGINE=FEDERATED CONNECTION='mysql://u:{word}@h/t';\n"
        for word in ("secret", "other")
    )
    assert "secret" not in read(one).to_json()
    assert differences(read(one), read(two)) == ['connection of table "f": at least 1 line differs']


def test_what_is_not_known_is_compared_too():
    (found,) = differences(read("CREATE SOMETHING `new` (1);\n"), read("CREATE SOMETHING `new` (2);\n"))
    assert found.startswith("other statements differs: ")


def test_sequences_have_values():
    text = "CREATE SEQUENCE `s` start with 1;\nDO SETVAL(`s`, 41, 0);\n"
    found = differences(read(text, flavour="mariadb"), read(text.replace("41", "42"), flavour="mariadb"))
    assert found == ['sequence "s": value 42, 0, was 41, 0']


@pytest.mark.parametrize("size", [1, 2, 5, 17])
def test_the_size_of_the_pieces_does_not_matter(monkeypatch: pytest.MonkeyPatch, size: int):
    whole = read(TABLE + ROWS, TRIGGER)
    monkeypatch.setattr(split, "_LINE", max(size, 60))  # marks are read as whole lines
    assert read(TABLE + ROWS, TRIGGER) == whole


VALUES = st.one_of(
    st.integers().map(str),
    st.just("NULL"),
    st.binary(max_size=3).map(lambda data: f"0x{data.hex()}"),
    st.text(st.sampled_from("a'\\()[],;\"`\n "), max_size=8).map(
        lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
    ),
)


@given(st.lists(st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=6), st.integers(1, 40), st.booleans())
def test_rows_are_split_at_every_size_of_pieces(rows: list[list[str]], size: int, lines: bool):
    texts = [f"({','.join(row)})".encode() for row in rows]
    statement = (b",\n" if lines else b",").join(texts) + b";\n"
    expected = RowHash()
    for text in texts:
        expected.add(text)
    found = RowHash()
    reader = InsertRows(found)
    pieces = [statement[start : start + size] for start in range(0, len(statement), size)]
    ended = [reader.feed(piece) for piece in pieces]
    assert True in ended
    assert not any(ended[: ended.index(True)])
    assert b"".join(pieces[ended.index(True) + 1 :]) in (b"", b"\n")
    assert found.finish() == expected.finish()


def test_rows_that_are_none_are_refused():
    with pytest.raises(VerificationFailed):
        InsertRows(RowHash()).feed(b"(1),x(2);\n")


def test_a_dump_that_is_cut_is_refused():
    with pytest.raises(VerificationFailed):
        Reader().read(io.BytesIO(dump_format.head(TOKEN, "mysql", "9") + dump_format.mark(TOKEN, "tables")), "mysql")


@pytest.mark.parametrize("text", ["SELECT ';' # ;", "SELECT `;`", 'SELECT "\\";"', "SELECT 1 -- ;", "SELECT /* ; */ 1"])
def test_a_delimiter_inside_quotes_or_a_comment_ends_nothing(text: str):
    delimiters = Delimiters()
    assert not delimiters.ends(f"{text}\n".encode())
    assert delimiters.ends(b";\n")


def test_no_rows_are_no_rows():
    assert read(TABLE).rows == {Identity("table", "t`a"): Rows()}
