"""The format of a dump: its parts, the comment lines that mark them, and the arguments that make each. Pure.

A plain client can load the parts in this order: the tables with their rows, then the stored objects. Triggers come
after the rows, which must not fire them, and events last, since they start by themselves. A plain client ignores the
marks. Their token is random, so that no routine or table name can look like a mark. Dumps of django-rclone 0.4 have no
marks: their parts are recognised by the comments of the dump programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django_rclone.db.mysql.session_variables import DUMPING

if TYPE_CHECKING:
    from django_rclone.db.mysql.facts import LiveDatabase

TABLES = "tables"
STORED_OBJECTS = ("routines", "triggers", "views", "events")
"""Parts that cannot be loaded into a scratch schema: they name their schema, or would run there."""

_ENABLED = re.compile(rb"(\bON COMPLETION (?:NOT )?PRESERVE) ENABLE\b")
_HEAD = re.compile(rb"-- django-rclone dump 1 ([0-9a-f]{16}) (mysql|mariadb) (\S+)\n")
END = b"end"

_COMMON = (
    *("--default-character-set=utf8mb4", "--single-transaction", "--quick", "--hex-blob", "--no-tablespaces"),
    # No locks around each table's rows: with them a default of NEXTVAL(sequence) cannot be evaluated.
    *("--skip-dump-date", "--max-allowed-packet=1G", "--skip-add-locks"),
)
_BY_FLAVOUR = {
    # Without the first option a dump of a server with GTIDs needs an administrator's rights, and its load sets the
    # server's GTIDs. Masking policies belong to the server; older programs do not know the option, hence "loose".
    "mysql": ("--set-gtid-purged=OFF", "--loose-skip-masking-policies", f"--loose-init-command={DUMPING}"),
    "mariadb": (),
}

# The comments of mysqldump and mariadb-dump before each section. Views are dumped with placeholders, so their order
# does not matter.
_SECTIONS = (
    (b"-- Table structure for table ", TABLES),
    (b"-- Sequence structure for ", TABLES),
    (b"-- Dumping data for table ", TABLES),
    (b"-- Temporary view structure for view ", "views"),
    (b"-- Temporary table structure for view ", "views"),
    (b"-- Final view structure for view ", "views"),
    (b"-- Dumping events for database ", "events"),
    (b"-- Dumping routines for database ", "routines"),
    (b"/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */", TABLES),
)
ALWAYS_PRESENT = (TABLES, "triggers", "views")
"""Parts that are always in such a dump. Routines and events are only there if they were asked for."""
_TRIGGERS = b"/*!50003 SET @saved_cs_client "
_LOCKS = (b"LOCK TABLES ", b"UNLOCK TABLES;")  # not needed, and they prevent defaults of NEXTVAL(sequence)
# A dump of a server with GTIDs sets those of the server, and disables its binary log: not needed for a restore.
_GTIDS = (b"SET @MYSQLDUMP_TEMP_LOG_BIN", b"SET @@SESSION.SQL_LOG_BIN", b"SET @@GLOBAL.GTID_PURGED")
_CHANGES_SCHEMA = (b"USE `", b"CREATE DATABASE ", b"/*!40000 DROP DATABASE ")


def parts(live: LiveDatabase, database: str) -> Iterator[tuple[str, list[str]]]:
    """Yields each part of the schema, with the dump program's arguments."""
    common = [*_COMMON, *_BY_FLAVOUR[live.flavour]]
    history = ["--dump-history"] if any(table.type == "SYSTEM VERSIONED" for table in live.tables.values()) else []
    not_views = [f"--ignore-table={database}.{view}" for view in live.views]
    yield TABLES, [*common, *history, "--skip-triggers", *not_views, "--", database]
    for part, arguments in stored_object_parts(live, database):
        yield part, [*common, *arguments]


def stored_object_parts(live: LiveDatabase, database: str) -> Iterator[tuple[str, list[str]]]:
    """Yields the parts of stored objects, with the arguments that differ between them."""
    # Without a table's name, the program would read all tables, although it writes none of them.
    any_table = [name for name, table in live.tables.items() if table.type != "SEQUENCE"][:1] or list(live.views)[:1]
    no_tables = ["--no-data", "--no-create-info"]
    if live.routines:
        yield "routines", [*no_tables, "--skip-triggers", "--routines", "--", database, *any_table]
    if live.triggers:
        tables = sorted({table for table, _definer in live.triggers.values()})
        yield "triggers", [*no_tables, "--triggers", "--", database, *tables]
    if live.views:
        yield "views", ["--no-data", "--skip-triggers", "--", database, *live.views]
    if live.events:
        yield "events", [*no_tables, "--skip-triggers", "--events", "--", database, *any_table]


def stored_object_arguments(live: LiveDatabase, database: str) -> Iterator[tuple[str, list[str]]]:
    """Yields the parts of stored objects, with all arguments of the dump program."""
    for part, arguments in stored_object_parts(live, database):
        yield part, [*_COMMON, *_BY_FLAVOUR[live.flavour], *arguments]


def head(token: str, flavour: str, version: str) -> bytes:
    """Returns the first line of a dump."""
    return f"-- django-rclone dump 1 {token} {flavour} {version}\n".encode()


def mark(token: str, part: str) -> bytes:
    """Returns the line before a part; with ``end`` the last line."""
    return f"-- django-rclone {token} {part}\n".encode()


def read_head(line: bytes) -> tuple[str, str, str] | None:
    """Returns token, flavour and version of the server in a dump's first line; None if it is not one of ours."""
    match = _HEAD.fullmatch(line)
    return (match[1].decode(), match[2].decode(), match[3].decode()) if match else None


def read_mark(line: bytes, token: str) -> str:
    """Returns the part that a line begins; empty for every other line."""
    words = line.split()
    return words[3].decode() if len(words) == 4 and words[:3] == [b"--", b"django-rclone", token.encode()] else ""


class LegacyParts:
    """Assigns the lines of a dump without marks to its parts. Inside a stored program no line begins a section."""

    def __init__(self) -> None:
        self.part = TABLES
        self._in_program = False
        self._in_gtids = False

    def part_of(self, line: bytes) -> str | None:
        """Returns the part that a line belongs to; None for a line to leave out."""
        if self._in_program:
            self._in_program = line.rstrip() != b"DELIMITER ;"
            return self.part
        if self._in_gtids or line.startswith(_GTIDS):
            self._in_gtids = not line.rstrip().endswith(b";")
            return None
        if line.startswith(_LOCKS):
            return None
        for beginning, part in _SECTIONS:
            if line.startswith(beginning):
                self.part = part
        if self.part == TABLES and line.startswith(_TRIGGERS):
            self.part = "triggers"
        self._in_program = line.startswith(b"DELIMITER ;;")
        return self.part

    def changes_schema(self, line: bytes) -> bool:
        """Returns whether the line would load the rest into another schema."""
        return not self._in_program and line.startswith(_CHANGES_SCHEMA)


def disable_events(text: bytes) -> bytes:
    """Returns the SQL that creates events, changed so that the server does not run them."""
    return _ENABLED.sub(rb"\1 DISABLE", text)
