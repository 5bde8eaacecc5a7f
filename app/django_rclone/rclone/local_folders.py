"""The folders of this machine that a remote keeps its files in: a remote must not lie in what it mirrors."""

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

# Backends that keep their files on another remote (https://rclone.org/overview/#virtual-providers), and whether the
# path below them is the path below that one.
_WRAPPERS = {"alias": True, "chunker": True, "compress": True, "hasher": True, "cache": True, "crypt": False}

_REMOTE = re.compile(
    r"""(?P<inline>:?)(?P<name>[^:/,]+)(?P<options>(?:,(?:"[^"]*"|'[^']*'|[^:"'])*)?):(?P<path>.*)""", re.S
)
_OPTION = re.compile(r""",(?P<key>[^=,]+)(?:=(?P<value>"(?:[^"]|"")*"|'(?:[^']|'')*'|[^,]*))?""", re.S)

# A part of a path that nobody can know: what an encrypted name looks like.
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"

# Aliases of aliases; a configuration that leads back to itself ends there.
_DEPTH = 10


def overlap(remote: Remote, folder: Path) -> str:
    """Returns why the remote must not hold the mirror of ``folder``, as a sentence; empty: nothing is wrong."""
    for place in local_folders(remote):
        if lies_in(place, folder):
            what = f"lies in MEDIA_ROOT {folder}: the backups would become media files, and a restore delete newer ones"
        elif lies_in(folder, place):
            what = f"contains MEDIA_ROOT {folder}: the media files would lie among the backups"
        else:
            continue
        return f'Remote "{remote.where}" ({place}) {what}. Choose a remote outside of it.'
    return ""


def lies_in(inner: Path, outer: Path) -> bool:
    """Tells whether a folder is another one or lies in it, also by way of links and mounts."""
    inner, outer = Path(os.path.realpath(inner)), Path(os.path.realpath(outer))
    return any(folder == outer or _same(folder, outer) for folder in (inner, *inner.parents))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False  # one of them is not there, or cannot be one


def local_folders(remote: Remote) -> list[Path]:
    """Returns the folders of this machine that the remote lies in; none where it is elsewhere."""
    return [Path(found).absolute() for found in _Configuration(remote.plain).folders(remote.plain.root)]


class _Configuration:
    """rclone's configuration, read when a remote is looked up by name."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    @cached_property
    def _sections(self) -> Sections:
        try:
            return self._remote.configured()
        except Interrupted:
            raise
        except DjangoRcloneError:
            return {}  # the first call to the remote says what is wrong

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
    """Gives the remotes that a backend keeps its files on, and whether the path goes on below each."""
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
