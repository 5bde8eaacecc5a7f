"""The connector interface: a connector describes the commands that inspect, dump and restore one database.

A connector changes nothing, and at most asks which client programs are installed. Every method returns a description,
which the recipes run, print (``--dry-run``) or compare in tests. Each method documents what its commands must
guarantee; ``tests/contract`` holds every connector to that.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django_rclone import setting_names
from django_rclone.command import Command
from django_rclone.db import source_identity as source
from django_rclone.db.restore_mode import Mode
from django_rclone.exceptions import ConfigurationError
from django_rclone.layout.manifest import Manifest
from django_rclone.streams import Gate

__all__ = ["BaseConnector", "Dump", "Facts", "Gate", "Mode", "ReadCheck", "RestorePlan", "Scratch"]


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that the probe found about the live database."""

    server_version: str
    size: int
    """Bytes of data that a dump has to read: an upper bound for the size of the object."""
    tables: Mapping[str, int] = field(default_factory=dict)
    """Row count by table, estimated where counting would mean reading everything."""
    migrations: Mapping[str, str] = field(default_factory=dict)
    """Newest applied migration by app."""
    clock: datetime | None = None
    """The server's time when it was probed, with an offset; None where the engine has no clock."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Facts that only this connector understands."""


@dataclass(frozen=True, slots=True)
class Dump:
    """The commands of a dump. ``command`` writes it to stdout. It and all of ``through`` end with 0 only if the dump is
    complete."""

    command: Command
    extension: str
    """Without a dot; the recipe adds its own ending when it compresses."""
    format: str
    client: str
    """Program and version, for instance ``pg_dump 17.4``."""
    compression: str = ""
    """The compression that the command does itself, for instance ``zstd:3``; empty: the recipe compresses."""
    consistency: str = "snapshot"
    """``snapshot`` if the dump is one moment of the database, ``none`` if it is not."""
    checks: tuple[Command, ...] = ()
    """Programs that must end with 0 before the dump begins: they refuse what could not be restored from it. Each line
    that they print is added to the ``notes``."""
    through: tuple[Command, ...] = ()
    """Programs that the dump passes through on its way, one after another."""
    notes: tuple[str, ...] = ()
    """Notes on this dump for users, one sentence each."""
    session: Mapping[str, str] = field(default_factory=dict)
    """Session settings that a restore needs as well, so that the dump's SQL keeps its meaning."""


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """The commands that restore an object: ``prepare``, then the object into ``load``, then ``commit``.

    ``load`` are the programs that the object's (decompressed) bytes pass through; the last of them must not
    change the target for good before it has read the last byte and end-of-file, or must write to a staging
    area, which ``commit`` then puts into place. ``abort`` runs after any failure and must leave the target as it was.
    """

    target: str
    """The database that will be changed, as users recognise it, for instance ``app on db.local:5432``."""
    load: tuple[Command, ...]
    prepare: tuple[Command, ...] = ()
    verify: tuple[Command, ...] = ()
    """Programs that the whole object passes through before ``prepare``, where ``load`` changes the target directly: a
    restore then never begins with a damaged object. The last of them prints nothing."""
    commit: tuple[Command, ...] = ()
    abort: tuple[Command, ...] = ()
    gate: Gate = Gate()
    notes: tuple[str, ...] = ()
    """Notes for the user to read before confirming, for instance on what will not be exact; one sentence each."""
    fingerprint: tuple[Command, ...] | None = None
    """Like ``BaseConnector.fingerprint``, for exactly what this plan restores, if it leaves out some of the object."""

    @property
    def summary(self) -> str:
        """The target and the notes."""
        return "\n".join([f"target   {self.target}", *(f"note     {note}" for note in self.notes)])

    @property
    def steps(self) -> str:
        """The commands, with secrets hidden."""
        lines = [f"verify   {' | '.join(str(command) for command in self.verify)}"] if self.verify else []
        lines += [f"prepare  {command}" for command in self.prepare]
        lines += [f"load     {' | '.join(str(command) for command in self.load)}"]
        lines += [f"commit   {command}" for command in self.commit]
        lines += [f"abort    {command}   (only if something fails)" for command in self.abort]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class ReadCheck:
    """The commands that check whether an object is a complete dump. They connect to no database.

    The object's (decompressed) bytes pass through ``programs``; the output of the last is ignored. Then ``finish``
    runs. A program of either that fails because of the content has an explanation that is a VerificationFailed.
    ``cleanup`` always runs last.
    """

    programs: tuple[Command, ...] = ()
    """Programs that read the whole object. Without any, only its compression is checked."""
    prepare: tuple[Command, ...] = ()
    finish: tuple[Command, ...] = ()
    cleanup: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Scratch:
    """A scratch database, which a drill restores a backup into and drops afterwards.

    ``claim`` runs as long as the drill, ends when its stdin does, and prints a line once others can see that this
    scratch database is in use. It does so before the database exists. ``sweep`` drops the scratch databases of earlier
    drills of the same database that nothing claims any more, and nothing else. ``drop`` drops this one; it may be
    missing.
    """

    server: BaseConnector
    """The connector that plans the restore: of another database on the same server."""
    into: str
    """The name for ``Mode.into``."""
    restored: BaseConnector
    """The connector of the scratch database."""
    where: str
    """The scratch database as users recognise it."""
    sweep: Command
    claim: Command
    drop: Command
    claim_input: bytes = b""
    """The first bytes that ``claim`` reads."""


class BaseConnector(ABC):
    """Describes how one database is inspected, dumped and restored.

    ``settings`` is the alias's entry of Django's ``DATABASES``; ``options`` its entry of
    ``DJANGO_RCLONE["DATABASE_OPTIONS"]``; ``compression`` the configured method and level, which a dump program
    that can compress by itself should use.
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
        """The database's server and port as manifests carry them, without its name and without secrets."""
        return source.describe(self.settings)

    @property
    def _binary_dir(self) -> str:
        """The folder of the client programs that the options name; empty: they are searched for."""
        return str(self.options.get("BINARY_DIR") or "")

    @property
    @abstractmethod
    def engine(self) -> str:
        """The engine's name in manifests, for instance ``postgresql``."""

    def unknown_options(self) -> list[str]:
        """Returns one sentence for each unknown option, with the name that was probably meant."""
        problems = []
        for name in sorted(set(self.options) - self.option_names):
            near = difflib.get_close_matches(str(name).upper(), self.option_names, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(self.option_names))}."
            setting = setting_names.current().setting("DATABASE_OPTIONS")
            problems.append(f'{setting} has an unknown key "{name}". {hint}')
        return problems

    def problems_of(self, attempt: Callable[[], object]) -> list[str]:
        """Returns the message of the ConfigurationError that ``attempt`` raises, without the database's name in front;
        an empty list if it raises none."""
        try:
            attempt()
        except ConfigurationError as error:
            return [str(error).removeprefix(f'Database "{self.alias}": ')]
        return []

    @abstractmethod
    def check(self) -> list[str]:
        """Returns what is wrong with the database's settings, one sentence each. Connects to nothing."""

    def hindrances(self) -> list[str]:
        """Returns what prevents backups of the database on this machine, one sentence each: a missing program, a
        database in memory. Not an error where backups run on another machine."""
        return []

    def restore_hindrances(self, facts: Facts) -> list[str]:  # noqa: ARG002 - a default that needs nothing
        """Returns what would make a restore fail, as far as the live database shows, one sentence each."""
        return []

    @abstractmethod
    def probe(self) -> Command:
        """Returns the command whose output ``facts`` understands. Changes nothing in the database."""

    @abstractmethod
    def facts(self, output: str) -> Facts:
        """Returns the facts in the output of ``probe``."""

    def unfinished(self, facts: Facts) -> tuple[Command, ...]:  # noqa: ARG002 - a default that needs nothing
        """Returns the commands that finish an earlier restore that died after ``commit`` had begun; none if there is no
        such restore, or if a commit is one transaction. Both recipes run them before anything else."""
        return ()

    @abstractmethod
    def dump(self, facts: Facts) -> Dump:
        """Returns how to dump. Raises ConfigurationError when no dump is possible here (no suitable client)."""

    def contents(self, manifest: Manifest) -> Command | None:  # noqa: ARG002 - a default that needs nothing
        """Returns the command that reads an object's first bytes (decompressed) on stdin and lists its contents, or
        None where ``restore`` does not need that list. The command may stop reading at any byte."""
        return None

    def read_check(self, manifest: Manifest) -> ReadCheck:  # noqa: ARG002 - a default that checks less
        """Returns how to check that the object of ``manifest`` is a complete dump, without a database. Raises
        ConfigurationError when that is not possible here (no suitable client)."""
        return ReadCheck()

    @abstractmethod
    def restore(self, facts: Facts, manifest: Manifest, mode: Mode, contents: str = "") -> RestorePlan:
        """Returns how to restore the object of ``manifest``. Raises ConfigurationError when it cannot work."""

    def fingerprint(self, manifest: Manifest) -> tuple[Command, ...] | None:  # noqa: ARG002 - a default
        """Returns the programs that an object (decompressed) passes through to be compared; the last of them prints its
        fingerprint, see ``django_rclone.verification``. None where the object cannot be compared."""
        return None

    def dump_restored(self, facts: Facts, manifest: Manifest) -> Dump:  # noqa: ARG002 - a default that needs nothing
        """Returns how to dump what was restored from the object of ``manifest``, so that equal values are written in
        the same way as they are in the object."""
        return self.dump(facts)

    def scratch(self, owner: str, token: str, size: int) -> Scratch | None:  # noqa: ARG002 - a default
        """Returns a scratch database on this server for a drill; None where no drill is possible.

        ``owner`` and ``token`` are eight hexadecimal digits each, for its name: those of the database that has the
        backup, and random ones. ``size`` is the uncompressed size of the object in bytes, as far as it is known.
        """
        return None

    def prints_alike(self, version: str, other: str) -> bool:  # noqa: ARG002 - a default
        """Returns whether servers of these two versions print equal definitions in the same way."""
        return True

    def query(self, sql: str) -> Command | None:  # noqa: ARG002 - a default
        """Returns the command that prints the result of a query, which must not change the database; None where the
        database does not understand SQL. A query that fails is a ConfigurationError."""
        return None

    @abstractmethod
    def restore_by_hand(self, object_command: str) -> str:
        """Returns the plain command line that restores the output of ``object_command`` (an ``rclone cat …``,
        decompressed where needed) with the database's own client alone, into a new database."""
