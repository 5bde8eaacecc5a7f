"""Tells the parts of a plain mysqldump apart, as django-rclone 0.4 made them: in the programs' own order. Pure."""

from __future__ import annotations

from django_rclone.db.mysql.dump_format import TABLES

# What mysqldump and mariadb-dump write before each section. Placeholders of views are part of the views: they are what
# lets a view stand before another one that it uses.
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
SPOKEN_OF = (TABLES, "triggers", "views")
"""What is always in such a dump. Of routines and events it says nothing unless somebody asked for them."""
_TRIGGERS = b"/*!50003 SET @saved_cs_client "
# A dump of a server with GTIDs sets the server's own, and stops its binary log: not ours to do, and not needed.
_LOCKS = (b"LOCK TABLES ", b"UNLOCK TABLES;")  # of no use beside, and in the way of defaults of NEXTVAL(sequence)
_GTIDS = (b"SET @MYSQLDUMP_TEMP_LOG_BIN", b"SET @@SESSION.SQL_LOG_BIN", b"SET @@GLOBAL.GTID_PURGED")
_ELSEWHERE = (b"USE `", b"CREATE DATABASE ", b"/*!40000 DROP DATABASE ")


class LegacyParts:
    """Follows a dump line by line. In the text of a program no line is taken for a section's beginning."""

    def __init__(self) -> None:
        self.part = TABLES
        self._in_program = False
        self._in_gtids = False

    def part_of(self, line: bytes) -> str | None:
        """Returns the part that a line belongs to; None for one to leave out."""
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

    def leads_elsewhere(self, line: bytes) -> bool:
        """Tells whether the next line would take the rest into another schema than the one chosen."""
        return not self._in_program and line.startswith(_ELSEWHERE)
