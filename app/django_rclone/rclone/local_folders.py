"""Local folders in which a remote stores its files: a remote must not be inside the folder that it mirrors."""

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


def overlap(remote: Remote, folder: Path) -> str:
    """Returns why the remote cannot hold the mirror of ``folder``, as a sentence; empty if it can."""
    for local in local_folders(remote):
        if is_inside(local, folder):
            problem = (
                f"is in MEDIA_ROOT {folder}: backups would become media files, and a restore would delete newer ones"
            )
        elif is_inside(folder, local):
            problem = f"contains MEDIA_ROOT {folder}: the media files would be among the backups"
        else:
            continue
        return f'Remote "{remote.where}" ({local}) {problem}. Choose a remote outside of MEDIA_ROOT.'
    return ""


def is_inside(inner: Path, outer: Path) -> bool:
    """Returns whether ``inner`` is ``outer`` or is inside it, also through links and mounts."""
    inner, outer = Path(os.path.realpath(inner)), Path(os.path.realpath(outer))
    return any(folder == outer or _same(folder, outer) for folder in (inner, *inner.parents))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False  # one of them does not exist, or its name is not valid


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
            for below, same_path in _below(backend, options):
                path = connection.path if same_path or not connection.path else _UNKNOWN
                yield from self.folders(_joined(below, path), depth + 1)


def _below(backend: str, options: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
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
