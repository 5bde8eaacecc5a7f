"""Local folders in which a remote stores its files, found in rclone's configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone.rclone import connection_strings
from django_rclone.rclone.configuration import Sections, configured_options
from django_rclone.rclone.remote import Remote

# Backends that store their files on another remote (https://rclone.org/overview/#virtual-providers), and whether a
# path on them is the same path on that remote.
_WRAPPERS = {"alias": True, "chunker": True, "compress": True, "hasher": True, "cache": True, "crypt": False}

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
        """Yields the local folders in which the remote ``root`` stores its files."""
        connection = connection_strings.parse(root)
        if connection is None:
            yield root
            return
        configured = {} if connection.inline else configured_options(connection.name, self._sections, os.environ)
        options = {**configured, **connection.options}
        backend = connection.name if connection.inline else options.get("type", "")
        if backend == "local":
            yield connection.path or "."
        elif depth < _DEPTH:
            for below, same_path in _underlying_remotes(backend, options):
                path = connection.path if same_path or not connection.path else _UNKNOWN
                yield from self.folders(_joined(below, path), depth + 1)


def _underlying_remotes(backend: str, options: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """Yields the remotes on which a backend stores its files, and whether a path on it is the same path on each."""
    if backend in _WRAPPERS and options.get("remote"):
        plain_names = options.get("filename_encryption") in ("off", "obfuscate") and (
            options.get("directory_name_encryption", "true").lower() == "false"
        )
        yield options["remote"], _WRAPPERS[backend] or plain_names
    elif backend in ("union", "combine"):
        for upstream in connection_strings.upstreams(backend, options.get("upstreams", "")):
            yield upstream, backend == "union"


def _joined(root: str, path: str) -> str:
    return root + ("" if not path or root.endswith((":", "/")) else "/") + path
