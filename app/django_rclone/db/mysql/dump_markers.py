"""The comment lines that tell the parts of our dumps apart. A plain client passes over them. Pure.

The token is random: whatever a routine's text or a table's name holds, it cannot look like a mark.
"""

from __future__ import annotations

import re

_HEAD = re.compile(rb"-- django-rclone dump 1 ([0-9a-f]{16}) (mysql|mariadb) (\S+)\n")
END = b"end"


def head(token: str, flavour: str, version: str) -> bytes:
    """Returns the first line of a dump."""
    return f"-- django-rclone dump 1 {token} {flavour} {version}\n".encode()


def mark(token: str, part: str) -> bytes:
    """Returns the line before a part; with ``end`` the last line of all."""
    return f"-- django-rclone {token} {part}\n".encode()


def read_head(line: bytes) -> tuple[str, str, str] | None:
    """Returns token, flavour and version of the server in a dump's first line; None if it is not one of ours."""
    match = _HEAD.fullmatch(line)
    return (match[1].decode(), match[2].decode(), match[3].decode()) if match else None


def read_mark(line: bytes, token: str) -> str:
    """Returns the part that a line begins; empty for every other line."""
    words = line.split()
    return words[3].decode() if len(words) == 4 and words[:3] == [b"--", b"django-rclone", token.encode()] else ""
