"""Local folders in which a remote stores its files, found in rclone's configuration."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone.rclone.remote import Remote, Sections
from django_rclone.rclone.remote_options import section

# Backends that store their files on another remote (https://rclone.org/overview/#virtual-providers), and whether a
# path on them is the same path on that remote.
_WRAPPERS = {"alias": True, "chunker": True, "compress": True, "hasher": True, "cache": True, "crypt": False}

_REMOTE = re.compile(
    r"""(?P<inline>:?)(?P<name>[^:/,]+)(?P<options>(?:,(?:"[^"]*"|'[^']*'|[^:"'])*)?):(?P<path>.*)""", re.S
)
_OPTION = re.compile(r""",(?P<key>[^=,]+)(?:=(?P<value>"(?:[^"]|"")*"|'(?:[^']|'')*'|[^,]*))?""", re.S)

# Stands for a part of a path that cannot be known, such as an encrypted name.
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"

# Limit for nested remotes, which also ends a configuration that refers to itself.
_DEPTH = 10


def local_folders(remote: Remote) -> list[Path]:
    """Returns the local folders in which the remote stores its files; none if it stores them elsewhere."""
    return [Path(found).absolute() for found in _Configuration(remote.plain).folders(remote.plain.root)]


class _Configuration:
    """rclone's configuration, read when a remote is first looked up by name."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    @cached_property
    def _sections(self) -> Sections:
        try:
            return self._remote.configured()
        except Interrupted:
            raise
        except DjangoRcloneError:
            return {}  # the first call to the remote reports the error

    def folders(self, root: str, depth: int = 0) -> Iterator[str]:
        match = _REMOTE.fullmatch(root)
        if match is None:
            yield root
            return
        options = {} if match["inline"] else section(match["name"], self._sections, os.environ)
        for option in _OPTION.finditer(match["options"]):
            options[option["key"].strip().lower()] = _unquoted(option["value"] or "")
        backend = match["name"] if match["inline"] else options.get("type", "")
        path = match["path"]
        if backend == "local":
            yield path or "."
        elif depth < _DEPTH:
            for below, path_too in _below(backend, options):
                part = path if path_too or not path else _UNKNOWN
                yield from self.folders(_joined(below, part), depth + 1)


def _below(backend: str, options: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """Yields the remotes on which a backend stores its files, and whether a path on it is the same path on each."""
    if backend in _WRAPPERS and options.get("remote"):
        plain_names = options.get("filename_encryption") in ("off", "obfuscate") and (
            options.get("directory_name_encryption", "true").lower() == "false"
        )
        yield options["remote"], _WRAPPERS[backend] or plain_names
    elif backend in ("union", "combine"):
        for upstream in _words(options.get("upstreams", "")):
            if backend == "combine":
                yield upstream.partition("=")[2], False
            else:
                yield re.sub(r":(ro|nc|writeback)$", "", upstream), True


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _joined(root: str, path: str) -> str:
    return root + ("" if not path or root.endswith((":", "/")) else "/") + path


def _unquoted(value: str) -> str:
    if value[:1] in ('"', "'"):
        return value[1:-1].replace(value[0] * 2, value[0])
    return value
