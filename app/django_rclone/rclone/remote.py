"""A folder on a remote: the rclone commands that access it, and their output as typed values."""

from __future__ import annotations

import dataclasses
import json
import os
import posixpath
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import UnionType
from typing import Any

from django_rclone.command import Command, Secret
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout.object_paths import PARTIAL
from django_rclone.process import NO_LIMITS, Limits, run
from django_rclone.rclone import connection_strings, entries
from django_rclone.rclone import flags as rclone_flags
from django_rclone.rclone.abilities import Abilities, parse_features
from django_rclone.rclone.configuration import Sections
from django_rclone.rclone.entries import Entry
from django_rclone.rclone.errors import Missing, explain, progress
from django_rclone.rclone.installation import install, parse_version
from django_rclone.rclone.remote_control import Request
from django_rclone.rclone.session import NotAnswered, ask
from django_rclone.rclone.upload_parts import part_flags

# Variables from which rclone's backends read credentials and proxies.
_INHERIT = (
    *("XDG_*", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("AWS_*", "GOOGLE_*", "AZURE_*", "OS_*", "ST_*", "SSH_AUTH_SOCK", "KRB5*"),
)

# Independent of the environment: rclone logs warnings and errors, never asks for a password, and repeats requests but
# never a whole command. The scheduler repeats a failed run.
_FIXED_FLAGS = ("--log-level", "NOTICE", "--ask-password=false", "--retries", "1")

# Defaults that users may override. A query moves no data and gets only two attempts, so that it fails fast.
_DEFAULTS = {"RCLONE_CONTIMEOUT": "15s"}
_QUERY_DEFAULTS = {"RCLONE_LOW_LEVEL_RETRIES": "2"}

# Makes rclone log its progress as JSON lines.
_JSON_PROGRESS = ("--use-json-log", "--stats", "2s", "--stats-log-level", "NOTICE")

_STALL_LIMIT = 300.0
"""Seconds without output or progress after which a call is ended, if users set no limit."""

# Separates the files of one `cat`: ASCII's record separator, which never occurs unescaped in JSON.
_SEPARATOR = "\x1e"

# Options of a request for one file.
_STAT = {"filesOnly": True, "noMimeType": True}

# Names of files that a form can hold as they are.
_PLAIN_NAME = re.compile(r"[\w.,%~+@ -]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Remote:
    """A folder on one of rclone's remotes, and the rclone that accesses it."""

    root: str
    binary: str = "rclone"
    config: str = ""
    flags: tuple[str, ...] = ()
    env: Mapping[str, str | Secret] = field(default_factory=dict, repr=False)
    limits: Limits = NO_LIMITS
    """Maximum duration of a call, and maximum time without progress."""
    alias: str = ""
    """Name of this remote in rclone instead of ``root``, the name that users know; empty if it is the same."""
    base: Remote | None = None
    """The remote under an encrypted remote (see ``crypt``); None if this remote is not encrypted."""

    @property
    def plain(self) -> Remote:
        """The unencrypted remote: it holds RESTORE.md, and its backend determines the capabilities."""
        return self.base or self

    @property
    def where(self) -> str:
        """The remote's name as users know it."""
        return self.plain.root

    @property
    def filters(self) -> tuple[str, ...]:
        """The user's filter flags. They apply to media files only; no other call gets them."""
        return rclone_flags.classify_valid(self.flags, os.environ).filters

    def path(self, name: str) -> str:
        """Returns the full path of ``name``, which is relative to the root."""
        separator = "" if self.root.endswith((":", "/")) else "/"
        return f"{self.root}{separator}{name}" if name else self.root

    def command(self, *arguments: str, defaults: Mapping[str, str] = _DEFAULTS) -> Command:
        """Returns the rclone command with the given arguments.

        The user's settings, classified by ``rclone_flags``, are passed by environment: rclone can read each flag from
        there. Raises ConfigurationError for a refused setting.
        """
        user_settings = rclone_flags.classify_valid(self.flags, os.environ)
        configuration = ("--config", self.config) if self.config else ()
        return Command(
            (self.binary, *(self._with_alias(argument) for argument in arguments), *configuration, *_FIXED_FLAGS),
            env={
                **{name: value for name, value in defaults.items() if name not in user_settings.inherit},
                **user_settings.env,
                **self.env,
            },
            inherit=(*_INHERIT, *user_settings.inherit),
            hide=user_settings.hide,
            explain=partial(explain, self.where, self._aliases),
            install=install(),
        )

    @property
    def _aliases(self) -> tuple[str, str]:
        """This remote's name in rclone, and the name that users know."""
        return (f"{self.alias}:", self.root) if self.alias else ("", "")

    def _with_alias(self, argument: str) -> str:
        """Returns the argument with the remote's name replaced by its name in rclone."""
        alias, known = self._aliases
        return alias + argument.removeprefix(known) if alias and argument.startswith(known) else argument

    def _query_command(self, *arguments: str) -> Command:
        """Returns a command that transfers no backup data."""
        command = self.command(*arguments, *_JSON_PROGRESS, defaults={**_DEFAULTS, **_QUERY_DEFAULTS})
        return dataclasses.replace(command, progress=progress)

    @property
    def _query_limits(self) -> Limits:
        return Limits(timeout=self.limits.timeout, stall=self.limits.stall or _STALL_LIMIT)

    def _query(self, *arguments: str) -> bytes:
        """Runs a query as a program of its own and returns rclone's output."""
        limits = self._query_limits
        return run(self._query_command(*arguments), timeout=limits.timeout, stall=limits.stall)

    def _query_json(self, kind: type | UnionType, *arguments: str, request: Request | None = None) -> Any:
        """Runs a query and returns rclone's JSON output. Raises DjangoRcloneError if it is not of type ``kind``.

        The session's rclone answers it if it can: ``request`` is the same query for it.
        """
        if request is not None:
            with suppress(NotAnswered):
                return self._ask(request, kind)
        text = self._query(*arguments)
        try:
            found = json.loads(text)
        except ValueError:
            found = ...
        if not isinstance(found, kind):
            raise DjangoRcloneError(
                f'Remote "{self.where}": rclone {arguments[0]} succeeded, but its output ({len(text)} bytes) cannot be '
                "parsed. Try again; if the error persists, check the rclone program."
            )
        return found

    def _ask(self, request: Request, kind: type | UnionType = dict) -> Any:
        """Returns the result of a request to the session's rclone. Raises NotAnswered."""
        command = self.command("rcd", defaults={**_DEFAULTS, **_QUERY_DEFAULTS})
        return ask(command, request, self._query_limits, kind)

    def _carry_out(self, request: Request, *arguments: str) -> None:
        """Carries out a change: with the session's rclone if it can, else with a program of its own."""
        try:
            self._ask(request)
        except NotAnswered:
            self._query(*arguments)

    def _fs(self, folder: str) -> str:
        """Returns the full path of a folder, with the remote's name in rclone."""
        return self._with_alias(self.path(folder))

    def _request(self, method: str, path: str, member: str = "", **parameters: Any) -> Request:
        """Returns a request about the folder ``path``."""
        return Request(method, {"fs": self._fs(path), "remote": "", **parameters}, member)

    def _file_request(self, method: str, path: str, member: str = "", **parameters: Any) -> Request:
        """Returns a request about the file ``path``."""
        folder, name = posixpath.split(path)
        return self._request(method, folder, member, remote=name, **parameters)

    def write(self, path: str, size: int = 0) -> Command:
        """Returns the command that writes its stdin to ``path``; ``size`` is the maximum expected size in bytes."""
        command = self.command("rcat", self.path(path))
        user_variables = {
            "--" + name.removeprefix("RCLONE_").lower().replace("_", "-") for name in (*command.env, *command.inherit)
        }
        return dataclasses.replace(command, argv=(*command.argv, *part_flags(size, user_variables)))

    def read(self, path: str) -> Command:
        """Returns the command that writes the file ``path`` to stdout."""
        return self.command("cat", self.path(path))

    def sync(self, source: str, destination: str, *flags: str) -> Command:
        """Returns the command that makes ``destination`` equal to ``source`` and logs what it does as JSON lines.

        Files that the user's filters exclude are neither copied nor deleted.
        """
        command = self.command("sync", source, destination, *_JSON_PROGRESS, *self.filters, *flags)
        return dataclasses.replace(command, progress=progress)

    def abilities(self) -> Abilities:
        """Returns the backend's capabilities. This does not test whether the backend is reachable."""
        plain, backend = self.plain, connection_strings.without_path(self.plain.root)
        return parse_features(
            plain._query_json(
                dict, "backend", "features", backend, request=Request("operations/fsinfo", {"fs": backend})
            )
        )

    def configured(self) -> Sections:
        """Returns the sections of rclone.conf."""
        sections: Sections = self._query_json(dict, "config", "dump", request=Request("config/dump"))
        return sections

    def version(self) -> tuple[int, ...]:
        """Returns the version of the installed rclone; empty if its output has none."""
        return parse_version(run(self.command("version"), timeout=30).decode())

    def files(self, folder: str, *, recursive: bool = False, filtered: bool = False) -> list[Entry]:
        """Returns the files in a folder; none if it does not exist. ``filtered`` applies the user's filters."""
        listing = (
            *("lsjson", self.path(folder), "--files-only", "--no-mimetype", "--fast-list"),
            *(("--recursive",) if recursive else ()),
            *(self.filters if filtered else ()),
        )
        options = {"filesOnly": True, "noMimeType": True}
        request = self._request("operations/list", folder, "list", opt=options)
        # A large mirror is listed as a stream by a program of its own, which ends with the query.
        small = not recursive and not filtered
        try:
            output = self._query_json(list, *listing, request=request if small else None)
        except Missing:
            return []
        return [entries.parse(item) for item in output]

    def folders(self, folder: str) -> list[str]:
        """Returns the names of the folders in a folder; none if it does not exist."""
        options = {"dirsOnly": True, "noMimeType": True}
        request = self._request("operations/list", folder, "list", opt=options)
        listing = ("lsjson", self.path(folder), "--dirs-only", "--no-mimetype")
        try:
            output = self._query_json(list, *listing, request=request)
        except Missing:
            return []
        return [item["Path"] for item in output]

    def stat(self, path: str) -> Entry | None:
        """Returns the entry of one file; None if it does not exist or is a folder."""
        query = ("lsjson", "--stat", "--no-mimetype", self.path(path))
        request = self._file_request("operations/stat", path, "item", opt=_STAT)
        try:
            output = self._query_json(dict | None, *query, request=request)
        except Missing:
            return None
        return entries.parse(output, path) if output and not output["IsDir"] else None

    def stored_at(self, path: str) -> datetime | None:
        """Returns a file's upload time if the storage keeps it, else its modification time; None without a file."""
        query = ("lsjson", "--stat", "--use-server-modtime", "--no-mimetype", self.path(path))
        request = self._file_request("operations/stat", path, "item", opt=_STAT, _config={"UseServerModTime": True})
        try:
            output = self._query_json(dict | None, *query, request=request)
        except Missing:
            return None
        return datetime.fromisoformat(output["ModTime"]) if output else None

    def contents(self, folder: str, patterns: tuple[str, ...]) -> list[str]:
        """Returns the contents of the files directly in ``folder`` that match one of the glob ``patterns``."""
        if not patterns:
            return []
        including = [part for pattern in patterns for part in ("--include", f"/{pattern}")]
        try:
            output = self._query("cat", self.path(folder), *including, "--separator", _SEPARATOR)
        except Missing:
            return []
        return [text for text in output.decode(errors="replace").split(_SEPARATOR) if text.strip()]

    def put(self, path: str, content: bytes, *, atomic: bool) -> None:
        """Writes a small file. It appears complete or not at all."""
        target = path if atomic else path + PARTIAL
        self._upload(target, content)
        if not atomic:
            self.move(target, path)

    def _upload(self, path: str, content: bytes) -> None:
        folder, name = posixpath.split(path)
        if _PLAIN_NAME.fullmatch(name):
            request = self._request("operations/uploadfile", folder)
            with suppress(NotAnswered):
                self._ask(dataclasses.replace(request, upload=(name, content)))
                return
        limits = self._query_limits
        run(self.write(path), stdin=content, timeout=limits.timeout, stall=limits.stall)

    def move(self, source: str, destination: str) -> None:
        """Renames a file on the remote."""
        # If the backend cannot rename, rclone copies: the stall limit allows that to take as long as bytes move.
        (from_folder, from_name), (to_folder, to_name) = posixpath.split(source), posixpath.split(destination)
        files = {"srcFs": self._fs(from_folder), "srcRemote": from_name, "dstFs": self._fs(to_folder)}
        request = Request("operations/movefile", {**files, "dstRemote": to_name})
        self._carry_out(request, "moveto", self.path(source), self.path(destination))

    def delete(self, path: str) -> None:
        """Deletes one file. A missing file is not an error."""
        with suppress(Missing):
            self._carry_out(self._file_request("operations/deletefile", path), "deletefile", self.path(path))
