"""Changes and checks of the tables in a dump, line by line. Pure.

Dumps are changed while they are written, so that the plain client can load them too. Older dumps are changed while they
are loaded.
"""

from __future__ import annotations

import re

from django_rclone.exceptions import ConfigurationError

CLIENT_LIMIT = 1 << 30
"""The longest statement that a client sends, whatever the server takes."""
# The mode that mysqldump and mariadb-dump set for their rows. Without ALLOW_INVALID_DATES, dates that do not exist
# become 0000-00-00, and such defaults are errors.
_MODE = b"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO"
_DATES = b",ALLOW_INVALID_DATES"
_TABLE = re.compile(rb"(?:INSERT|REPLACE) (?:IGNORE )?INTO (`(?:[^`]|``)*`)")
_SCHEMA = re.compile(r"Database: (.+)")
# A string, a name followed by a dot, or another name: the contents of strings and names are not changed.
_TOKEN = re.compile(rb"'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`\.?", re.DOTALL)


class Statements:
    """Rewrites the tables of a dump line by line, long lines in pieces."""

    def __init__(self, schema: str = "", limit: int = CLIENT_LIMIT) -> None:
        self._own = _qualifier(schema)
        self._limit = min(limit, CLIENT_LIMIT)
        self._table = ""
        self._size = 0
        self._definition = False

    def rewrite(self, piece: bytes, begins: bool) -> bytes:
        """Returns the piece to load; ``begins``: whether it begins a line. Raises ConfigurationError for a row that is
        too long for the server."""
        if begins:
            if not self._definition and (match := _TABLE.match(piece)):
                self._table, self._size = match[1].decode(errors="replace"), 0
            elif piece.startswith((b"/*!", b"--")):
                self._table = ""
        if self._table:
            return self._check_length(piece)
        if not begins:
            return piece
        if piece.startswith(b"CREATE TABLE "):
            self._definition = True
        elif piece.startswith(b")"):
            self._definition = False
        elif piece.startswith(_MODE) and _DATES not in piece:
            return _MODE + _DATES + piece[len(_MODE) :]
        elif not self._own and piece.startswith(b"-- Host: "):
            match_of_schema = _SCHEMA.search(piece.decode(errors="surrogateescape"))
            self._own = _qualifier(match_of_schema[1].strip()) if match_of_schema else b""
        elif self._definition and self._own and self._own in piece:
            # MariaDB prints a default of NEXTVAL(sequence) with its schema, which is wrong in another schema.
            return _replace(piece, self._own, b"")
        return piece

    def _check_length(self, piece: bytes) -> bytes:
        # A statement longer than the dump program's buffer has one row.
        self._size += len(piece)
        if piece.endswith(b";\n"):
            if self._size > self._limit:  # the client has not sent it yet: it waits for its end
                raise ConfigurationError(
                    f"a row of table {self._table} is a statement of {self._size:,} bytes, and the server accepts at "
                    f"most {self._limit:,} (max_allowed_packet). {packet_advice(self._size)}"
                )
            self._table = ""
        return piece


def requalify(expression: str, schema: str, other: str) -> str:
    """Returns an expression with names qualified by ``other`` instead of ``schema``."""
    return _replace(expression.encode(), _qualifier(schema), _qualifier(other)).decode()


def _replace(text: bytes, old: bytes, new: bytes) -> bytes:
    return _TOKEN.sub(lambda token: new if token[0] == old else token[0], text)


def packet_advice(size: int) -> str:
    """Returns the advice for a server that has to take statements of so many bytes."""
    needed = 1 << max(24, (min(size, CLIENT_LIMIT) - 1).bit_length())
    return (
        f"As an administrator, run: SET GLOBAL max_allowed_packet = {needed}; and set it in the server's configuration."
    )


def _qualifier(schema: str) -> bytes:
    return f"`{schema.replace('`', '``')}`.".encode(errors="surrogateescape") if schema else b""
