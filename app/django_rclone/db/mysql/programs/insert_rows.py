"""Splits the rows of INSERT statements, as dump programs write them, in constant memory. Pure."""

from __future__ import annotations

import re
from hashlib import blake2b

from django_rclone.exceptions import VerificationFailed
from django_rclone.verification.rows import RowHash, new_hash

# Strings have backslashes before quotes; numbers, NULL and hexadecimal digits have no parentheses.
_ROW = re.compile(rb"\((?:[^'()]++|'(?:[^'\\]++|\\.|'')*+')*+\)", re.DOTALL)
_BETWEEN = re.compile(rb"[,\s]*+")
_OUTSIDE = re.compile(rb"[^'()]*+")
_INSIDE = re.compile(rb"(?:[^'\\]++|\\.)*+", re.DOTALL)


class InsertRows:
    """Splits what follows VALUES, piece by piece, and adds each row to ``rows``."""

    def __init__(self, rows: RowHash) -> None:
        self._rows = rows
        self._rest = b""
        self._long: blake2b | None = None  # the hash of a row that does not end in its first piece
        self._in_string = False

    def feed(self, piece: bytes) -> bool:
        """Reads the next piece, and returns whether the statement has ended."""
        data = self._rest + piece if self._rest else piece
        self._rest = b""
        position = 0
        add, row = self._rows.add, _ROW
        while True:
            if self._long is None:
                while match := row.match(data, position):
                    add(match[0])
                    position = match.end() + 1 if data[match.end() : match.end() + 1] == b"," else match.end()
                between = _BETWEEN.match(data, position)
                position = between.end() if between else position
                if position == len(data):
                    return False
                if data[position : position + 1] == b";":
                    return True
                if row.match(data, position):
                    continue
                if data[position : position + 1] != b"(":
                    raise VerificationFailed("its rows cannot be read.")
                self._long, self._in_string = new_hash(), False
            ended, position = self._read_long(self._long, data, position)
            if not ended:
                return False

    def _read_long(self, digest: blake2b, data: bytes, position: int) -> tuple[bool, int]:
        """Reads more of a long row; returns whether it has ended, and the position after it."""
        start = position
        while position < len(data):
            match = (_INSIDE if self._in_string else _OUTSIDE).match(data, position)
            position = match.end() if match else position
            if position == len(data):
                break
            if self._in_string and data[position : position + 1] == b"\\":
                self._rest = data[position:]  # the escaped character is in the next piece
                break
            ended = not self._in_string and data[position : position + 1] == b")"
            if data[position : position + 1] == b"'":
                self._in_string = not self._in_string
            position += 1
            if ended:
                digest.update(data[start:position])
                self._rows.add_hash(digest.digest())
                self._long = None
                return True, position
        digest.update(data[start:position])
        return False, position
