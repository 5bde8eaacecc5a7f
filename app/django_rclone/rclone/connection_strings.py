"""Parser of rclone's connection strings, such as ``:sftp,host=example.org:backups``.

Source: https://rclone.org/docs/#connection-strings
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# A value that begins with a quote ends with the same quote; inside, a doubled quote stands for one.
_VALUE = r"""\"(?:[^"]|"")*"|'(?:[^']|'')*'|(?!["'])[^,:]*"""
_OPTION = re.compile(rf",(?P<key>[^=,:]+)(?:=(?P<value>{_VALUE}))?", re.DOTALL)
# A name has no slash: a string with a slash before the first colon is a local path.
_CONNECTION = re.compile(
    rf"(?P<inline>:?)(?P<name>[^:/,]+)(?P<options>(?:,[^=,:]+(?:=(?:{_VALUE}))?)*):(?P<path>.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class ConnectionString:
    """The parts of a connection string."""

    name: str
    """Name of a remote in rclone's configuration; of a backend if the remote is ``inline``."""
    inline: bool
    """The remote is not in rclone's configuration: the string begins with a colon and holds all its options."""
    options: Mapping[str, str]
    """Options in the string. One without a value has the value ``true``, as in rclone."""
    path: str

    @property
    def remote(self) -> str:
        """The name as it is written in the string: with a colon if the remote is ``inline``."""
        return f":{self.name}" if self.inline else self.name


def parse(text: str) -> ConnectionString | None:
    """Returns the parts of a connection string; None for a local path."""
    match = _CONNECTION.fullmatch(text)
    if match is None:
        return None
    options = {
        option["key"]: "true" if option["value"] is None else _unquoted(option["value"])
        for option in _OPTION.finditer(match["options"])
    }
    return ConnectionString(match["name"], bool(match["inline"]), options, match["path"])


def without_path(text: str) -> str:
    """Returns a connection string without its path; a local path unchanged."""
    match = _CONNECTION.fullmatch(text)
    return text[: match.start("path")] if match else text


def upstreams(backend: str, value: str) -> Iterator[str]:
    """Yields the connection strings in the option ``upstreams`` of the backends ``union`` and ``combine``."""
    try:
        words = shlex.split(value)
    except ValueError:
        words = value.split()
    for word in words:
        yield word.partition("=")[2] if backend == "combine" else re.sub(r":(ro|nc|writeback)$", "", word)


def _unquoted(value: str) -> str:
    if value[:1] in ('"', "'"):
        return value[1:-1].replace(value[0] * 2, value[0])
    return value
