"""What a connector is: it describes the commands that inspect, dump and restore one database.

A connector changes nothing, and asks at most which programs this machine has. Every method returns a description,
which the recipes run, print (``--dry-run``) or compare in tests. The promises that a connector's commands must keep are
written at each method; ``tests/contract`` holds every connector to them.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django_rclone.command import Command
from django_rclone.db import source_identity as source
from django_rclone.exceptions import ConfigurationError
from django_rclone.manifest import Manifest
from django_rclone.streams import Gate

__all__ = ["BaseConnector", "Dump", "Facts", "Gate", "Mode", "RestorePlan"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the probe found out about the live database."""

    server_version: str
    size: int
    """Bytes of data that a dump has to read: an upper bound for the size of the object."""
    tables: Mapping[str, int] = field(default_factory=dict)
    """Row count by table, estimated where counting would mean reading everything."""
    migrations: Mapping[str, str] = field(default_factory=dict)
    """Newest applied migration by app."""
    clock: datetime | None = None
    """The server's own time when it was probed, with an offset; None where the engine has no clock of its own."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What only this connector understands."""


@dataclass(frozen=True, slots=True)
class Dump:
    """How to dump: ``command`` writes the dump to stdout; it and all of ``through`` end 0 only if that is whole."""

    command: Command
    extension: str
    """Without a dot; the recipe adds its own ending when it compresses."""
    format: str
    client: str
    """Program and version, for instance ``pg_dump 17.4``."""
    compression: str = ""
    """What the command has compressed with already, for instance ``zstd:3``; empty: the recipe compresses."""
    consistency: str = "snapshot"
    """``snapshot`` if the dump is one moment of the database, ``none`` if it is not."""
    checks: tuple[Command, ...] = ()
    """What must end 0 before the dump begins: programs that refuse what could not be restored from it. Each line that
    they print is one more of the ``notes``."""
    through: tuple[Command, ...] = ()
    """Programs that the dump passes through on its way, one after another."""
    notes: tuple[str, ...] = ()
    """What people should know about this dump, one sentence each."""
    session: Mapping[str, str] = field(default_factory=dict)
    """Settings of the session that a restore needs too, so that everything means what it meant."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How the user wants the restore to go."""

    into: str = ""
    """Name of another database, restored beside the live one; empty: the live one."""
    terminate_sessions: bool = False
    in_place: bool = False
    """Load over the live tables where the role may not load beside them: riskier, and never done unasked."""


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """The commands that restore an object: ``prepare``, then the object into ``load``, then ``commit``.

    ``load`` are the programs that the object's (decompressed) bytes pass through; the last of them must not
    change the target for good before it has read the very last byte and end-of-file, or must write to a place
    beside, which ``commit`` then puts in. ``abort`` runs after any failure and must leave the target as it was.
    """

    target: str
    """What will be changed, in words that a person recognises, for instance ``app on db.local:5432``."""
    load: tuple[Command, ...]
    prepare: tuple[Command, ...] = ()
    verify: tuple[Command, ...] = ()
    """Where ``load`` changes the target as it goes: programs that the whole object passes through first, before
    ``prepare``, so that nothing damaged is ever begun with; the last of them prints nothing."""
    commit: tuple[Command, ...] = ()
    abort: tuple[Command, ...] = ()
    gate: Gate = Gate()
    notes: tuple[str, ...] = ()
    """What will not be exact, or what the user should know before saying yes; one sentence each."""

    @property
    def summary(self) -> str:
        """What will be changed, and what the user should know."""
        return "\n".join([f"target   {self.target}", *(f"note     {note}" for note in self.notes)])

    @property
    def steps(self) -> str:
        """The commands, secrets hidden."""
        lines = [f"verify   {' | '.join(str(command) for command in self.verify)}"] if self.verify else []
        lines += [f"prepare  {command}" for command in self.prepare]
        lines += [f"load     {' | '.join(str(command) for command in self.load)}"]
        lines += [f"commit   {command}" for command in self.commit]
        lines += [f"abort    {command}   (only if something fails)" for command in self.abort]
        return "\n".join(lines)


class BaseConnector(ABC):
    """Describes how one database is inspected, dumped and restored.

    ``settings`` is the alias's entry of Django's ``DATABASES``; ``options`` its entry of
    ``DJANGO_RCLONE["DATABASE_OPTIONS"]``; ``compression`` the method and level that the user wants, which a
    dump program that can compress by itself should use.
    """

    option_names: ClassVar[frozenset[str]] = frozenset()
    """The keys of DATABASE_OPTIONS that this connector knows."""

    def __init__(
        self,
        alias: str,
        settings: Mapping[str, Any],
        options: Mapping[str, Any] | None = None,
        compression: tuple[str, int] = ("zstd", 3),
    ) -> None:
        self.alias = alias
        self.settings = settings
        self.options = options or {}
        self.compression = compression

    @property
    def name(self) -> str:
        """The database's name, as manifests carry it."""
        return str(self.settings.get("NAME") or "")

    @property
    def source(self) -> str:
        """Where the database is, without its name and without secrets: server and port, as manifests carry it."""
        return source.describe(self.settings)

    @property
    @abstractmethod
    def engine(self) -> str:
        """The engine's name in manifests, for instance ``postgresql``."""

    def unknown_options(self) -> list[str]:
        """Returns which of the options nobody reads, one sentence each with what was probably meant."""
        said = []
        for name in sorted(set(self.options) - self.option_names):
            near = difflib.get_close_matches(str(name).upper(), self.option_names, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(self.option_names))}."
            said.append(f'DATABASE_OPTIONS has an unknown key "{name}". {hint}')
        return said

    def problems_of(self, attempt: Callable[[], object]) -> list[str]:
        """Returns what keeps ``attempt`` from working, without the database's name in front of it; else nothing."""
        try:
            attempt()
        except ConfigurationError as error:
            return [str(error).removeprefix(f'Database "{self.alias}": ')]
        return []

    @abstractmethod
    def check(self) -> list[str]:
        """Returns what is wrong with the settings of the database, one sentence each; connects to nothing."""

    def hindrances(self) -> list[str]:
        """Returns what keeps this machine from backing the database up, one sentence each: a missing program, a
        database in memory. Where backups are made elsewhere that is no fault."""
        return []

    def restore_hindrances(self, facts: Facts) -> list[str]:  # noqa: ARG002 - a default that needs nothing
        """Returns what would keep a restore from working, as far as the live database tells, one sentence each."""
        return []

    @abstractmethod
    def probe(self) -> Command:
        """Returns the command whose output ``facts`` understands. Changes nothing in the database."""

    @abstractmethod
    def facts(self, output: str) -> Facts:
        """Returns what ``probe`` printed, understood."""

    def unfinished(self, facts: Facts) -> tuple[Command, ...]:  # noqa: ARG002 - a default that needs nothing
        """Returns the commands that finish an earlier restore which died after ``commit`` had begun; none where there
        is none, or where commits are one transaction. Both recipes run them before anything else."""
        return ()

    @abstractmethod
    def dump(self, facts: Facts) -> Dump:
        """Returns how to dump. Raises ConfigurationError when a dump is impossible here (no client that fits)."""

    def contents(self, manifest: Manifest) -> Command | None:  # noqa: ARG002 - a default that needs nothing
        """Returns the command that lists what an object holds from its first bytes on stdin (decompressed), or
        None where nothing needs to be known. It may stop reading at any byte."""
        return None

    @abstractmethod
    def restore(self, facts: Facts, manifest: Manifest, mode: Mode, contents: str = "") -> RestorePlan:
        """Returns how to restore the object of ``manifest``. Raises ConfigurationError when it cannot work."""

    @abstractmethod
    def restore_by_hand(self, object_command: str) -> str:
        """Returns the plain command line that restores the output of ``object_command`` (an ``rclone cat …``,
        decompressed where needed) with the database's own client alone, into a new database."""
