"""Changes and checks in the text of a dump's tables."""

from __future__ import annotations

import pytest

from django_rclone.db.mysql.table_rewrites import Statements, requalify
from django_rclone.exceptions import ConfigurationError

MODE = b"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"


def followed(*lines: bytes, schema: str = "app", limit: int = 1 << 30) -> list[bytes]:
    statements = Statements(schema, limit)
    return [statements.rewrite(line, begins=True) for line in lines]


def test_dates_that_do_not_exist_are_let_in_once():
    (changed,) = followed(MODE)
    assert changed == MODE.replace(b"ZERO'", b"ZERO,ALLOW_INVALID_DATES'")
    assert followed(changed) == [changed]
    assert followed(b"INSERT INTO `t` VALUES\n", MODE)[1] == changed


def test_a_default_loses_the_name_of_its_schema_and_texts_keep_it():
    lines = (
        b"CREATE TABLE `t` (\n",
        b"  `id` int(11) DEFAULT (nextval(`app`.`s`) + lastval(`app`.`s`)),\n",
        b"  `n` varchar(9) DEFAULT 'it''s \\\\' COMMENT '`app`.`s`',\n",
        b"  `app``.` int(11) DEFAULT nextval(`other`.`s`)\n",
        b") ENGINE=InnoDB;\n",
        b"INSERT INTO `t` VALUES (1,'`app`.`s`');\n",
    )
    changed = followed(*lines)
    assert changed[1] == b"  `id` int(11) DEFAULT (nextval(`s`) + lastval(`s`)),\n"
    assert changed[2:] == list(lines[2:])


def test_an_older_dump_says_itself_which_schema_it_is_of():
    head = b"-- Host: localhost    Database: my app\n"
    line = b"  `id` int DEFAULT nextval(`my app`.`s`)\n"
    assert followed(head, b"CREATE TABLE `t` (\n", line, schema="")[2] == b"  `id` int DEFAULT nextval(`s`)\n"


def test_an_expression_is_said_anew_for_another_schema():
    assert requalify("(nextval(`a`.`s`) + '`a`.')", "a", "b`c") == "(nextval(`b``c`.`s`) + '`a`.')"


def test_a_statement_is_measured_to_its_end_over_all_its_pieces():
    statements = Statements("app", limit=40)
    pieces = ((b"INSERT INTO `t``` VALUES\n", True), (b"(1,'0123456789", True), (b"0123456789", False))
    for piece, begins in pieces:
        assert statements.rewrite(piece, begins) == piece
    size = sum(len(piece) for piece, _begins in pieces) + 4
    with pytest.raises(ConfigurationError, match=rf"`t```.* {size} bytes.*max_allowed_packet = 16777216;"):
        statements.rewrite(b"');\n", begins=False)


def test_statements_that_are_short_enough_are_counted_one_by_one():
    lines = [b"INSERT INTO `t` VALUES (1);\n"] * 3
    assert followed(*lines, limit=len(lines[0])) == lines
