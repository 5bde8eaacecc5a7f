"""Django's settings for SQLite: the path of the database file, and the journal mode in its header."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qsl, unquote

from django_rclone.exceptions import ConfigurationError

# Parameters of a file: URI (https://www.sqlite.org/uri.html) that change how the file is locked or stored.
_REFUSED = ("vfs", "nolock")
_IN_MEMORY = "NAME is a database in memory, which ends with its process: there is nothing to back up or to restore."

_headers: dict[str, int] = {}


def locate(name: Any) -> str:
    """Returns the absolute path that Django's NAME (a path, or a ``file:`` URI) stands for.

    Raises ConfigurationError, without the database's alias, for a NAME that is not a file.
    """
    text = os.fspath(name or "")
    if not text:
        raise ConfigurationError("NAME is empty. Set it to the path of the database file.")
    if text == ":memory:":
        raise ConfigurationError(_IN_MEMORY)
    return os.path.abspath(_path_of_uri(text) if text.startswith("file:") else text)  # noqa: PTH100 - keeps links


def _path_of_uri(uri: str) -> str:
    rest, _, query = uri.removeprefix("file:").partition("#")[0].partition("?")
    parameters = dict(parse_qsl(query))
    if rest.startswith("//"):
        authority, slash, rest = rest[2:].partition("/")
        rest = slash + rest
        if authority not in ("", "localhost"):
            raise ConfigurationError(f'NAME is a URI that SQLite rejects: its authority is "{authority}".')
    path = unquote(rest)
    if path in ("", ":memory:") or parameters.get("mode") == "memory" or parameters.get("vfs") == "memdb":
        raise ConfigurationError(_IN_MEMORY)
    for parameter in _REFUSED:
        if parameter in parameters:
            raise ConfigurationError(
                f'NAME has the parameter "{parameter}", which changes how the file is locked: a backup while '
                "others write could be inconsistent. Remove it."
            )
    return path


def journal_mode(path: str) -> str:
    """Returns ``wal`` or ``rollback``, from the file's header; an empty string if there is no such header.

    The descriptor stays open, one for each file: POSIX drops all locks that a process has on a file as
    soon as the process closes any descriptor of it, and this process may be using the database.
    """
    try:
        status = os.stat(path)  # noqa: PTH116
        key = f"{status.st_dev}:{status.st_ino}"
        if key not in _headers:
            _headers[key] = os.open(path, os.O_RDONLY)
        header = os.pread(_headers[key], 20, 0)
    except OSError:
        return ""
    # https://www.sqlite.org/fileformat.html, 1.3: magic string at 0, read version at 19
    return {1: "rollback", 2: "wal"}.get(header[19], "") if header[:16] == b"SQLite format 3\0" else ""
