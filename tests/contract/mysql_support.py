"""The MySQL side of the contract: a schema that holds everything, later changes, and how to compare."""

from __future__ import annotations

import re
from pathlib import Path

_NASTY = Path(__file__).with_name("mysql_nasty.sql")

_ONLY_IN = {
    "mysql": """
CREATE TABLE only_here (id int PRIMARY KEY INVISIBLE AUTO_INCREMENT, document json, place point NOT NULL SRID 4326,
  KEY tags ((CAST(document->'$.tags' AS UNSIGNED ARRAY))), KEY computed ((json_length(document))), SPATIAL KEY (place));
INSERT INTO only_here (document, place) VALUES ('{"tags": [1, 2]}', ST_SRID(POINT(1, 2), 4326));
""",
    "mariadb": """
CREATE SEQUENCE numbers START WITH 9000000000000000000 INCREMENT BY 7 CACHE 5;
SELECT NEXTVAL(numbers), NEXTVAL(numbers);
CREATE TABLE only_here (id bigint DEFAULT NEXTVAL(numbers) PRIMARY KEY, address inet6, key_of uuid,
  hidden int INVISIBLE);
CREATE TABLE with_history (id int PRIMARY KEY, n int) WITH SYSTEM VERSIONING;
INSERT INTO with_history VALUES (1, 1);
UPDATE with_history SET n = 2;
INSERT INTO only_here (address, key_of, hidden) VALUES ('::1', '00000000-0000-0000-0000-000000000001', 7);
""",
}

LATER_CHANGES = r"""
-- What others do to the schema after the backup.
CREATE TABLE later (id int PRIMARY KEY AUTO_INCREMENT, author_id int, FOREIGN KEY (author_id) REFERENCES author (id));
INSERT INTO later (author_id) VALUES (1);
CREATE VIEW later_view AS SELECT author.id FROM author JOIN later ON later.author_id = author.id;
CREATE PROCEDURE later_procedure() SELECT 1;
CREATE FUNCTION later_function() RETURNS int DETERMINISTIC RETURN 1;
CREATE TRIGGER later_trigger BEFORE INSERT ON later FOR EACH ROW SET NEW.author_id = 1;
CREATE TRIGGER later_trigger_2 BEFORE UPDATE ON author FOR EACH ROW SET NEW.name = upper(NEW.name);
CREATE EVENT later_event ON SCHEDULE EVERY 1 DAY DO DELETE FROM author;
ALTER TABLE author ADD COLUMN later int DEFAULT 7;
ALTER TABLE everything RENAME TO everything_else;
DROP VIEW v3;
DROP VIEW v1;
CREATE VIEW v1 AS SELECT 1 AS id, 'later' AS name;
DROP PROCEDURE `do it`;
CREATE PROCEDURE `do it`() SELECT 'later';
DROP FUNCTION counted;
DROP EVENT `nightly ``clean`;
DROP TRIGGER logged;
DROP TABLE words;
TRUNCATE big;
DELETE FROM measure;
UPDATE author SET name = 'later';
ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_german1_ci;
"""

DUMP = {
    "mysql": ("mysqldump", "--set-gtid-purged=OFF", "--skip-masking-policies"),
    "mariadb": ("mariadb-dump", "--dump-history"),
}
DUMP = {
    flavour: (
        *program,
        *("--default-character-set=utf8mb4", "--single-transaction", "--routines", "--triggers", "--events"),
        *("--hex-blob", "--no-tablespaces", "--skip-dump-date"),
    )
    for flavour, program in DUMP.items()
}
"""The dump programs with everything that a schema has."""

# Where it was made, and under which name.
_NOISE = re.compile(r"^-- (?:Host: .*|Dumping (?:events|routines) for database .*)\n", re.MULTILINE)


def nasty(flavour: str) -> str:
    """Returns a script of the client that makes everything, as an ordinary role; the user ``somebody`` must exist."""
    return _NASTY.read_text() + _ONLY_IN[flavour]


def normalised(dump: str, name: str) -> str:
    """Returns a dump without what differs between two of the same contents in different schemas."""
    # MySQL shows what its own dump program made explicit; it means the same.
    plain = dump.replace(" CHARACTER SET utf8mb4 COLLATE ", " COLLATE ")
    # A default of a sequence names the schema that the table is in.
    plain = _NOISE.sub("", plain).replace(f"nextval(`{name}`.", "nextval(")
    return plain.replace(f"ALTER DATABASE `{name}`", "ALTER DATABASE")
