"""The option files of MySQL and MariaDB: https://dev.mysql.com/doc/refman/en/option-files.html."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

OWN_GROUP = "django-rclone"
"""The group of our option files that only our own programs read."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "s": " ", '"': '"', "'": "'", "\\": "\\"}
_MAX_DEPTH = 10  # the clients' own limit for files that include files


def quote_option(value: str) -> str:
    """Returns a value quoted for an option file."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def read_options(path: Path, groups: Sequence[str]) -> dict[str, str]:
    """Returns the options of these groups; later ones win. Names have dashes; an option without a value is "1"."""
    found: dict[str, str] = {}
    for group, name, value in _lines(path, 0):
        if group in groups:
            found[name] = value
    return found


def _lines(path: Path, depth: int) -> Iterator[tuple[str, str, str]]:
    group = ""
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line.startswith("!"):
            if depth < _MAX_DEPTH:
                for included in _included(line, path):
                    yield from _lines(included, depth + 1)
        elif line.startswith("["):
            group = line.partition("]")[0].removeprefix("[").strip()
        else:
            name, equals, value = line.partition("=")
            yield group, name.strip().replace("_", "-"), _value(value) if equals else "1"


def _included(line: str, path: Path) -> list[Path]:
    word, _, rest = line.partition(" ")
    target = path.parent / rest.strip()
    if word == "!includedir":
        return sorted(target.glob("*.cnf"))
    return [target] if word == "!include" else []


def _value(text: str) -> str:
    text = _without_comment(text).strip()
    if len(text) > 1 and text[0] in "\"'" and text[0] == text[-1]:
        text = text[1:-1]
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text)


def _without_comment(text: str) -> str:
    quote, escaped = "", False
    for position, character in enumerate(text):
        if character in "\"'" and not escaped:
            quote = character if not quote else "" if quote == character else quote
        if character == "#" and not quote:
            return text[:position]
        escaped = bool(quote) and character == "\\" and not escaped
    return text
