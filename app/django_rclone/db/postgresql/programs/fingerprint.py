"""A helper program: reads the script of ``pg_restore -f -`` on stdin and prints its fingerprint as JSON.

    pg_restore --no-owner --no-privileges --no-tablespaces -f - < app.dump | fingerprint

Rows are the lines of COPY. What legitimately differs after a restore is left out here, each with its reason.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import BinaryIO

from django_rclone.db import entry_point
from django_rclone.exceptions import DjangoRcloneError, VerificationFailed
from django_rclone.verification.fingerprint import LARGEST_SCHEMA, Builder, Fingerprint
from django_rclone.verification.rows import RowHash, new_hash

_PIECE = 1 << 20
# Beginnings of tokens that may contain anything: a comment, strings, a quoted name. pg_dump writes no /* comments */.
_TOKEN = re.compile(rb"""--|(?<![\w$])[eE]'|'|"|\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$""")
_ESCAPED_END = re.compile(rb"(?:[^'\\]|\\.|'')*+'", re.DOTALL)
_HEADING = re.compile(
    rb"-- (?:Data for )?Name: (?P<name>.*); Type: (?P<type>[A-Z ]+); Schema: (?P<schema>.*?); Owner: .*\n"
)
_COPY = re.compile(rb"COPY .*? \((?P<columns>.*)\) FROM stdin;\n|COPY .* +FROM stdin;\n", re.DOTALL)
_COLUMN = re.compile(rb'"(?:[^"]|"")*"|[^",\s]+')
_SETVAL = re.compile(rb"SELECT pg_catalog\.setval\('.*', (-?\d+), (true|false)\);\n", re.DOTALL)
_LO_CREATE = re.compile(rb"SELECT pg_catalog\.lo_create\('(\d+)'\);\n")
_LO_OPEN = re.compile(rb"SELECT pg_catalog\.lo_open\('(\d+)', \d+\);\n")
_LO_WRITE = re.compile(rb"SELECT pg_catalog\.lowrite\(0, '\\x([0-9a-f]*)'\);\n")
_ACCESS_METHOD = re.compile(rb"SET default_table_access_method = (.*);\n")
# Settings of the session, and the lines that keep psql from running commands in a script: their token is random.
_SESSION = (b"SET ", b"SELECT pg_catalog.set_config('search_path', ", b"\\restrict ", b"\\unrestrict ")
_END = b"-- PostgreSQL database dump complete\n"
_LARGE_OBJECTS = "large objects"
# Their options may contain passwords: only hashes of their lines are compared, and none is printed.
_WITH_SECRETS = frozenset({"USER MAPPING", "SERVER", "SUBSCRIPTION"})
_KINDS = {
    "FK CONSTRAINT": "foreign key",
    "CHECK CONSTRAINT": "constraint",
    "DEFAULT": "column default",
    "SEQUENCE SET": "sequence",
    "TABLE ATTACH": "partition",
    "INDEX ATTACH": "index partition",
    "MATERIALIZED VIEW DATA": "contents of materialized view",
}


class QuoteState:
    """Follows the lines of SQL text, and knows whether a string, a quoted name or a function's body goes on."""

    def __init__(self) -> None:
        self._quote = b""

    @property
    def open(self) -> bool:
        """Whether the next line begins within quotes."""
        return bool(self._quote)

    def read(self, line: bytes) -> None:
        """Reads the next line."""
        position = 0
        while True:
            if self._quote:
                end = self._end(line, position)
                if end < 0:
                    return
                position, self._quote = end, b""
            token = _TOKEN.search(line, position)
            if token is None or token[0] == b"--":
                return
            position, self._quote = token.end(), token[0].upper() if token[0][:1] in b"eE" else token[0]

    def _end(self, line: bytes, position: int) -> int:
        """Returns the position after the quotes; -1 if they go on after this line."""
        if self._quote == b"E'":
            match = _ESCAPED_END.match(line, position)
            return match.end() if match else -1
        found = line.find(self._quote, position)
        return found + len(self._quote) if found >= 0 else -1


class Reader:
    """Reads one script."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._builder = Builder()
        self._quotes = QuoteState()
        self._type = ""
        self._name = ""
        self._copies = False
        self._access_method = b"heap"
        self._reordered: set[str] = set()

    def read(self) -> Fingerprint:
        """Returns the fingerprint. Raises VerificationFailed if the script does not end as it should."""
        complete = False
        for line in self._lines():
            if not self._quotes.open and self._read_outside_quotes(line):
                complete = complete or line == _END
                continue
            self._quotes.read(line)
            self._add(line)
        if not complete:
            raise VerificationFailed("the script of pg_restore is not complete.")
        return self._builder.finish()

    def _lines(self) -> Iterator[bytes]:
        """Yields whole lines; rows are read elsewhere."""
        while line := self._source.readline(_PIECE):
            while not line.endswith(b"\n"):
                piece = self._source.readline(_PIECE)
                if not piece or len(line) > LARGEST_SCHEMA:
                    break
                line += piece
            if len(line) > LARGEST_SCHEMA:
                raise DjangoRcloneError("a definition of its schema is too large to be compared.")
            yield line

    def _read_outside_quotes(self, line: bytes) -> bool:
        """Reads a line that is no part of a definition, and returns whether it is one."""
        if line.startswith(b"--"):
            if heading := _HEADING.fullmatch(line):
                self._begin(heading)
            return True
        if line == b"\n":
            return True
        if self._copies and line.startswith(b"COPY "):
            self._copy(line)
            return True
        if line.startswith(_SESSION):
            if method := _ACCESS_METHOD.fullmatch(line):
                self._access_method = method[1]
            return True
        if self._type in ("BLOB", "BLOB METADATA", "BLOBS", "BLOB DATA"):
            return self._read_large_object(line)
        if setval := _SETVAL.fullmatch(line):
            not_used = "" if setval[2] == b"true" else " (not used yet)"
            self._builder.value("sequence", self._name, f"{int(setval[1])}{not_used}")
            return True
        return False

    def _begin(self, heading: re.Match[bytes]) -> None:
        self._type = heading["type"].decode()
        name, schema = (_decode(heading[key]) for key in ("name", "schema"))
        self._name = name if schema == "-" else f"{schema}.{name}"
        self._copies = self._type == "TABLE DATA"
        if self._type in ("TABLE", "MATERIALIZED VIEW") and self._access_method not in (b"heap", b"''"):
            self._builder.object(self._kind, self._name, f"USING {_decode(self._access_method)}")

    @property
    def _kind(self) -> str:
        return _KINDS.get(self._type, self._type.lower()) or "script"

    def _add(self, line: bytes) -> None:
        if self._type in _WITH_SECRETS:
            self._builder.rows(self._kind, self._name).add(line)
            return
        text = _decode(line.removesuffix(b"\n"))
        if self._type == "TABLE" and not self._quotes.open:
            if text.startswith("INHERITS ("):
                self._reordered.add(self._name)
            text = text.removesuffix(",")  # the last column has none
        self._builder.object(self._kind, self._name, text)

    def _copy(self, line: bytes) -> None:
        """Reads the rows of one table."""
        statement = line
        self._quotes.read(line)
        while self._quotes.open or not (match := _COPY.fullmatch(statement)):
            more = self._source.readline(_PIECE)
            if not more:
                raise VerificationFailed("the script of pg_restore is not complete.")
            self._quotes.read(more)
            statement += more
        self._copies = False
        columns = _COLUMN.findall(match["columns"] or b"")
        order = list(range(len(columns)))
        if self._name in self._reordered:
            # A column that was added to the parent last is before the child's own columns after a restore.
            order.sort(key=columns.__getitem__)
        rows = self._builder.rows("table", self._name)
        self._read_rows(rows, order)
        if rows:  # a dump may also leave out the data of an empty table
            self._builder.object("columns of rows", self._name, ", ".join(_decode(columns[index]) for index in order))

    def _read_rows(self, rows: RowHash, order: list[int]) -> None:
        read, add = self._source.readline, rows.add
        reordered = order != sorted(order)
        while line := read(_PIECE):
            if line == b"\\.\n":
                return
            if not line.endswith(b"\n"):
                line = self._rest_of_row(line, rows, whole=reordered)
            if line and reordered:
                fields = line[:-1].split(b"\t")
                line = b"\t".join([fields[index] for index in order]) + b"\n"
            if line:
                add(line)
        raise VerificationFailed("the script of pg_restore ends within the rows of a table.")

    def _rest_of_row(self, beginning: bytes, rows: RowHash, *, whole: bool) -> bytes:
        """Reads the rest of a long row. Return it where it is needed as a whole; else add it to the rows."""
        pieces = [beginning] if whole else []
        digest = new_hash(beginning)
        piece = beginning
        while not piece.endswith(b"\n"):
            piece = self._source.readline(_PIECE)
            if not piece:
                raise VerificationFailed("the script of pg_restore ends within the rows of a table.")
            if whole:
                pieces.append(piece)
            else:
                digest.update(piece)
        if not whole:
            rows.add_hash(digest.digest())
        return b"".join(pieces)

    def _read_large_object(self, line: bytes) -> bool:
        """Reads a line of a large object's script; each object is like a row."""
        if created := _LO_CREATE.fullmatch(line):
            self._builder.rows(_LARGE_OBJECTS).add(b"object %s" % created[1])
            return True
        if opened := _LO_OPEN.fullmatch(line):
            digest = new_hash(b"content of %s " % opened[1])
            for more in self._lines():
                if more.startswith(b"SELECT pg_catalog.lo_close("):
                    break
                # The contents may be divided into other pieces.
                if written := _LO_WRITE.fullmatch(more):
                    digest.update(written[1])
            self._builder.rows("contents of large objects").add_hash(digest.digest())
            return True
        return line in (b"BEGIN;\n", b"COMMIT;\n")


def _decode(text: bytes) -> str:
    return text.decode(errors="surrogateescape")


def main(_arguments: list[str]) -> None:
    """Prints the fingerprint of the script on stdin."""
    print(Reader(sys.stdin.buffer).read().to_json())


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
