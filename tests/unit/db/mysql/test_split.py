"""Which parts of a dump go into the scratch schema and into its journal, and which dumps are incomplete."""

import io

import pytest

from django_rclone.db.mysql import dump_format
from django_rclone.db.mysql.programs import split as mysql_split
from django_rclone.db.mysql.programs.split import split, statements_before, write_to_scratch
from django_rclone.exceptions import ConfigurationError, VerificationFailed

TOKEN = "0123456789abcdef"
FAKE = b"-- django-rclone fedcba9876543210 events\n"
TABLES = (
    b"-- MySQL dump 10.13\nCREATE TABLE `t\n" + FAKE + b"` (id int);\nINSERT INTO `t` VALUES (1);\n-- Dump completed\n"
)
ROUTINES = b"DELIMITER ;;\nCREATE PROCEDURE p()\n-- django-rclone\nSELECT 1 ;;\nDELIMITER ;\n-- Dump completed\n"
OURS = (
    dump_format.head(TOKEN, "mysql", "9.7.4")
    + b"ALTER DATABASE CHARACTER SET utf8mb4;\n"
    + (dump_format.mark(TOKEN, "tables") + TABLES)
    + (dump_format.mark(TOKEN, "routines") + ROUTINES)
    + dump_format.mark(TOKEN, "end")
)

TRIGGER = b"""/*!50003 SET @saved_cs_client      = @@character_set_client */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN
-- Table structure for table `t`
USE `not a statement`;
END */;;
DELIMITER ;
/*!50003 SET character_set_client  = @saved_cs_client */ ;
"""
PLACEHOLDER = b"""-- Temporary view structure for view `v`
--

/*!50001 CREATE VIEW `v` AS SELECT 1 AS `id`*/;
"""
FINAL = b"""-- Final view structure for view `v`
--

/*!50001 VIEW `v` AS select 1 AS `id` */;
"""
GTIDS = b"""SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;
SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'b4ad4e9e-0000-0000-0000-000000000000:1-5,
b4ad4e9e-0000-0000-0000-000000000001:1-5';
"""
TABLE = b"""-- Table structure for table `t`
--

CREATE TABLE `t` (id int);
INSERT INTO `t` VALUES (1);
"""
SECOND = TABLE.replace(b"`t`", b"`u`")
FOOTER = b"/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n\n-- Dump completed on 2026-01-01  0:00:00\n"
ROUTINE = b"-- Dumping routines for database 'app'\n--\nDELIMITER ;;\nSELECT 1 ;;\nDELIMITER ;\n"
HEAD = b"-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\n--\n"
LOCKS = b"LOCK TABLES `t` WRITE;\nUNLOCK TABLES;\n"
PLAIN = HEAD + GTIDS + TABLE + LOCKS + TRIGGER + PLACEHOLDER + SECOND + ROUTINE + FINAL + FOOTER


def parts_of(dump: bytes, flavour: str = "mysql") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part, piece in split(io.BytesIO(dump), flavour):
        found[part] = found.get(part, b"") + piece
    return found


def test_our_own_parts_are_told_by_their_marks():
    assert parts_of(OURS) == {
        "tables": b"ALTER DATABASE CHARACTER SET utf8mb4;\n" + TABLES,
        "routines": ROUTINES,
        "triggers": b"",
        "views": b"",
        "events": b"",  # it says that there are none
    }


def test_a_plain_dump_is_told_apart_by_what_the_programs_write():
    assert parts_of(PLAIN) == {
        "tables": HEAD + TABLE + SECOND + FOOTER,
        "triggers": TRIGGER,
        "views": PLACEHOLDER + FINAL,
        "routines": ROUTINE,
    }


@pytest.mark.parametrize("dump", [OURS, PLAIN], ids=["ours", "plain"])
def test_a_dump_that_is_cut_anywhere_is_damaged(dump: bytes):
    for length in range(len(dump) - 30):
        with pytest.raises(VerificationFailed, match="damaged"):
            parts_of(dump[:length])


def test_a_part_that_is_not_complete_is_damaged():
    with pytest.raises(VerificationFailed, match="its part tables is not complete"):
        parts_of(OURS.replace(b"-- Dump completed\n", b"", 1))


def test_a_long_line_is_passed_on_in_pieces(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mysql_split, "_LINE", 64)
    assert parts_of(OURS)["tables"].endswith(TABLES)
    long = TABLE.replace(b"(1)", b"('" + b"x" * 100 + b"')")
    assert parts_of(PLAIN.replace(TABLE, long))["tables"] == HEAD + long + SECOND + FOOTER


@pytest.mark.parametrize("dump", [OURS, PLAIN], ids=["ours", "plain"])
def test_a_dump_of_the_other_flavour_is_refused(dump: bytes):
    with pytest.raises(ConfigurationError, match="a backup of MySQL, and the server is MariaDB"):
        parts_of(dump, "mariadb")


def test_mariadbs_dumps_are_known_by_their_first_line():
    for first in (b"/*M!999999\\- enable the sandbox mode */ \n", b"-- MariaDB dump 10.19\n"):
        assert parts_of(first + TABLE + FOOTER, "mariadb")["tables"] == first + TABLE + FOOTER


@pytest.mark.parametrize("line", [b"USE `app`;\n", b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `app`;\n"])
def test_a_dump_that_goes_to_a_schema_of_its_own_choice_is_refused(line: bytes):
    with pytest.raises(ConfigurationError, match="--databases"):
        parts_of(PLAIN.replace(TABLE, line + TABLE))


def test_what_a_plain_dump_says_nothing_of_is_left_alone():
    assert set(parts_of(HEAD + TABLE + FOOTER)) == {"tables", "triggers", "views"}


def test_tables_pass_and_the_rest_is_written_down(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("django_rclone.db.mysql.journal.CHUNK", 40)
    target = io.BytesIO()
    write_to_scratch(io.BytesIO(OURS), target, "app__restore_new_00000000", "mysql")
    script = target.getvalue().decode()
    assert TABLES.decode() in script
    assert "PROCEDURE" not in script
    rows = [line for line in script.splitlines() if "'routines'" in line]
    assert b"".join(bytes.fromhex(row.rpartition("0x")[2].rstrip(");")) for row in rows) == ROUTINES
    assert [row.partition("'routines', ")[2].partition(",")[0] for row in rows] == ["0", "1", "2"]
    assert script.splitlines()[-1].endswith(f"('state', 0, 0x{b'loaded'.hex()});")


def test_the_lock_is_taken_before_anything_is_made():
    script = statements_before("scratch", "app", "app__restore_new_00000000", "utf8mb4", "utf8mb4_bin")
    assert script.index("GET_LOCK") < script.index("CREATE DATABASE") < script.index("CREATE TABLE")
    assert "CREATE" not in statements_before("in-place", "app", "app")
    assert "CREATE DATABASE" not in statements_before("into", "app", "other")
