"""A helper program: reads a dump in our format on stdin and prints its fingerprint as JSON.

    fingerprint FLAVOUR [drill]

With ``drill`` enabled and disabled events are the same: a drill restores them disabled.
Rows are those of INSERT. What legitimately differs after a restore is left out here, each with its reason.
"""

from __future__ import annotations

import re
import sys
from typing import BinaryIO

from django_rclone.db import entry_point
from django_rclone.db.mysql.dump_format import TABLES, disable_events
from django_rclone.db.mysql.programs.insert_rows import InsertRows
from django_rclone.db.mysql.programs.split import split
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.verification.fingerprint import LARGEST_SCHEMA, Builder, Fingerprint

_NAME = rb"(`(?:[^`]|``)*+`|[^\s`(]+)"
_INSERT = re.compile(rb"INSERT (?:IGNORE )?INTO " + _NAME + rb" (\((?:[^()`]|`(?:[^`]|``)*+`)*+\) )?VALUES\s")
_TABLE = re.compile(rb"CREATE TABLE " + _NAME)
_SEQUENCE = re.compile(rb"CREATE SEQUENCE " + _NAME)
_SETVAL = re.compile(rb"(?:DO|SELECT) SETVAL\(" + _NAME + rb", (-?\d+, \d)")
_VERSIONED = rb"(?:/\*M?!\d+ )?"
_STORED = re.compile(
    rb"(?:/\*!\d+ )?CREATE\b.*?\b(FUNCTION|PROCEDURE|TRIGGER|EVENT|PACKAGE BODY|PACKAGE|VIEW)\s+(?:IF NOT EXISTS\s+)?"
    + _NAME,
    re.DOTALL,
)
_PLACEHOLDER = re.compile(rb"/\*!50001 CREATE (?:TABLE|VIEW) " + _NAME)
# A stored object belongs to the settings under which it was created. Those that are saved and set back do not matter.
_SETTING = re.compile(
    rb"/\*!\d+ SET (sql_mode|time_zone|character_set_client|collation_connection) *= ([^@].*?) *\*/ *;+\s*"
)
_IGNORED = re.compile(
    _VERSIONED + rb"(?:SET|DROP|COMMIT|LOCK TABLES|UNLOCK TABLES|START TRANSACTION)\b|"
    # Only speeds up the load.
    rb"/\*!40000 ALTER TABLE .* KEYS \*/|"
    # Allows no commands of the client.
    rb"/\*M?!999999"
)
_DEFAULTS = re.compile(rb"ALTER DATABASE (`(?:[^`]|``)*+` )?(.*?)\s*;+", re.DOTALL)
_KEY = re.compile(rb"\s*(?:(?:UNIQUE|FULLTEXT|SPATIAL|VECTOR) )?KEY " + _NAME)
_CONSTRAINT = re.compile(rb"\s*CONSTRAINT " + _NAME + rb" (FOREIGN KEY|CHECK)")
_AUTO_INCREMENT = re.compile(rb" AUTO_INCREMENT=(\d+)")
# A server of another kind that a table reads; the URL may contain a password.
_CONNECTION = re.compile(rb" CONNECTION='((?:[^'\\]|\\.|'')*)'")
# The dump makes a column's character set explicit where only its collation was, and the server then shows both. The
# collation's name contains the character set.
_CHARACTER_SET = re.compile(rb" CHARACTER SET \w+(?= COLLATE )")
# Beginnings of tokens that may contain a delimiter. /*! … */ is SQL, and no comment.
_TOKEN = re.compile(rb"""--\s|\#|/\*(?!!|M!)|'|"|`|;+""")
_ENDS = {
    b"'": re.compile(rb"(?:[^'\\]|\\.)*+'", re.DOTALL),
    b'"': re.compile(rb'(?:[^"\\]|\\.)*+"', re.DOTALL),
    b"`": re.compile(rb"[^`]*+`"),
    b"/*": re.compile(rb".*?\*/", re.DOTALL),
}


class Delimiters:
    """Follows the lines of a script as the client does, and knows where a statement ends."""

    def __init__(self) -> None:
        self.delimiter = b";"
        self._quote = b""

    def ends(self, line: bytes) -> bool:
        """Reads the next line of a statement, and returns whether the statement ends in it."""
        position = 0
        while True:
            if self._quote:
                end = _ENDS[self._quote].match(line, position)
                if end is None:
                    return False
                position, self._quote = end.end(), b""
            token = _TOKEN.search(line, position)
            if token is None or token[0][:1] in b"-#":
                return False
            position = token.end()
            if token[0][:1] != b";":
                self._quote = token[0]
            elif len(token[0]) >= len(self.delimiter):
                return True


class Reader:
    """Reads one dump."""

    def __init__(self, *, with_enabled_events: bool = True) -> None:
        self._with_enabled_events = with_enabled_events
        self._builder = Builder()
        self._delimiters = Delimiters()
        self._line = b""
        self._statement: list[bytes] = []
        self._size = 0
        self._insert: InsertRows | None = None
        self._settings: dict[bytes, bytes] = {}
        self._inserted: set[bytes] = set()
        self._defaults = b""
        self._part = TABLES

    def read(self, source: BinaryIO, flavour: str) -> Fingerprint:
        """Returns the fingerprint. Raises VerificationFailed if the dump is not complete."""
        for part, piece in split(source, flavour):
            if part != self._part:
                self._part, self._settings = part, {}
            if self._insert is not None:
                if self._insert.feed(piece):
                    self._insert = None
            else:
                self._read(piece)
        return self._builder.finish()

    def _read(self, piece: bytes) -> None:
        self._line += piece
        self._size += len(piece)
        if self._part == TABLES and self._begin_insert():
            return
        if self._size > LARGEST_SCHEMA:
            raise DjangoRcloneError("a definition of its schema is too large to be compared.")
        if not piece.endswith(b"\n"):
            return
        line, self._line = self._line, b""
        if not self._statement:
            if line == b"\n" or line.startswith(b"--"):
                self._size = 0
                return
            if line.startswith(b"DELIMITER "):
                self._delimiters.delimiter = line.split()[1]
                self._size = 0
                return
        self._statement.append(line)
        if self._delimiters.ends(line):
            statement, self._statement, self._size = self._statement, [], 0
            text = b"".join(statement)
            self._add(text if self._with_enabled_events or self._part != "events" else disable_events(text))

    def _begin_insert(self) -> bool:
        """Begins to read rows if the text so far is the beginning of INSERT."""
        text = b"".join(self._statement) + self._line if self._statement else self._line
        match = _INSERT.match(text) if text.startswith(b"INSERT ") else None
        if match is None:
            return False
        name, columns = match[1], match[2]
        if columns and name not in self._inserted:
            self._builder.object("columns of rows", _decode(name), _text(columns))
        self._inserted.add(name)
        insert = InsertRows(self._builder.rows("table", _decode(name)))
        self._insert = None if insert.feed(text[match.end() :]) else insert
        self._line, self._statement, self._size = b"", [], 0
        self._delimiters = Delimiters()
        return True

    def _add(self, statement: bytes) -> None:
        text = statement.strip()
        if setting := _SETTING.fullmatch(text):
            self._settings[setting[1]] = setting[2]
        elif _IGNORED.match(text):
            pass
        elif match := _TABLE.match(text):
            self._add_table(_decode(match[1]), text)
        elif match := _SEQUENCE.match(text):
            self._builder.object("sequence", _decode(match[1]), _text(text))
        elif match := _SETVAL.match(text):
            self._builder.value("sequence", _decode(match[1]), _text(match[2]))
        elif match := _PLACEHOLDER.match(text):
            self._builder.object("columns of view", _decode(match[1]), *_lines(text))
        elif match := _STORED.match(text):
            settings = [_text(b"SET %s = %s" % setting) for setting in sorted(self._settings.items())]
            lines = _lines(text.rstrip(b"; \n"))
            self._builder.object(match[1].decode().lower(), _decode(match[2]), *settings, *lines)
        elif match := _DEFAULTS.fullmatch(text):
            self._set_defaults(match[1], match[2])
        else:
            self._builder.object("other statements", "", *_lines(text))

    def _set_defaults(self, schema: bytes, defaults: bytes) -> None:
        """Adds the defaults of the schema, or those under which the next stored object was created. The schema may be
        restored under another name."""
        if not schema:
            self._defaults = defaults
            self._builder.object("defaults of the database", "", _text(defaults))
        elif defaults == self._defaults:
            self._settings.pop(b"defaults", None)
        else:
            self._settings[b"defaults"] = defaults

    def _add_table(self, table: str, text: bytes) -> None:
        """Adds a table, and each of its keys and constraints under its own name."""
        add = self._builder.object
        self._builder.rows("table", table)
        for line in text.split(b"\n"):
            # The last column or key has no comma.
            line = _CHARACTER_SET.sub(b"", line.removesuffix(b","))  # noqa: PLW2901 - normalised
            if line.startswith(b")"):
                if found := _AUTO_INCREMENT.search(line):
                    self._builder.value("AUTO_INCREMENT of table", table, _text(found[1]))
                    line = _AUTO_INCREMENT.sub(b"", line)  # noqa: PLW2901
                if found := _CONNECTION.search(line):
                    self._builder.rows("connection of table", table).add(found[1])
                    line = _CONNECTION.sub(b" CONNECTION=...", line)  # noqa: PLW2901
            if match := _KEY.match(line):
                add("index", f"{table}.{_decode(match[1])}", _text(line))
            elif line.lstrip().startswith(b"PRIMARY KEY"):
                add("primary key", table, _text(line))
            elif match := _CONSTRAINT.match(line):
                add(match[2].decode().lower(), f"{table}.{_decode(match[1])}", _text(line))
            else:
                add("table", table, _text(line))


def _decode(name: bytes) -> str:
    """Returns a name without its quotes."""
    unquoted = name[1:-1].replace(b"``", b"`") if name.startswith(b"`") else name
    return unquoted.decode(errors="surrogateescape")


def _text(line: bytes) -> str:
    return line.decode(errors="surrogateescape").strip()


def _lines(text: bytes) -> list[str]:
    # MariaDB adds a line end before the delimiter.
    return [line.decode(errors="surrogateescape").rstrip() for line in text.split(b"\n")]


def main(arguments: list[str]) -> None:
    """Prints the fingerprint of the dump on stdin."""
    flavour, *drill = arguments
    found = Reader(with_enabled_events=not drill).read(sys.stdin.buffer, flavour)
    while sys.stdin.buffer.read(1 << 16):  # the stream ends only after the programs before this one have
        continue
    print(found.to_json())


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
