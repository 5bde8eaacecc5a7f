"""The recipe of a drill: claim a scratch database, restore, dump again, compare, and drop it."""

from __future__ import annotations

import dataclasses
import logging
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django_rclone import process, restore, streams
from django_rclone.catalog import Backup
from django_rclone.command import Command
from django_rclone.db import failures
from django_rclone.db.base import BaseConnector, Facts, Mode, Scratch
from django_rclone.db.inspection import inspect, run_checks
from django_rclone.drill import assertions, manifest_comparison, server
from django_rclone.drill.assertions import Assertion
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    Interrupted,
    ProgramFailed,
    Unavailable,
    VerificationFailed,
)
from django_rclone.layout.drill_result import RESTORE, DrillResult
from django_rclone.process.progress import Progress
from django_rclone.rclone.remote import Remote
from django_rclone.restore import PlannedRestore
from django_rclone.verification import fingerprint as fingerprints
from django_rclone.verification.comparison import differences
from django_rclone.verification.fingerprint import Fingerprint

logger = logging.getLogger("django_rclone")

_SHOWN = 5
# Failures of a restore that are the server's or this machine's: SQLSTATE classes, error codes of MySQL, and messages.
_NOT_THE_BACKUP = re.compile(
    r"\(SQLSTATE (?:08|53|55|57|58|XX)|\b(?:1021|1030|1037|1038|1040|1041|1114|1205|1213|2006|2013)\b"
    r"|[Nn]o space left|disk is full|[Oo]ut of memory|lock table is too small|killed by signal|locks that the restore"
)


@dataclass(frozen=True, slots=True)
class DrillSettings:
    """Settings of the drills of one run."""

    remote: Remote
    limits: process.Limits
    assertions: Sequence[Assertion] = ()
    quiet: bool = False


class DrillFailed(VerificationFailed):
    """The backup cannot be restored, or what was restored differs from it."""

    def __init__(self, problem: str, result: DrillResult) -> None:
        super().__init__(problem)
        self.result = result


def drill(connector: BaseConnector, backup: Backup, settings: DrillSettings) -> DrillResult:
    """Restores a backup into a scratch database, compares that with the backup, and drops it.

    The live database is only inspected. Raises DrillFailed if the backup is at fault, any other error if the drill
    cannot be carried out here and now.
    """
    drill_server = server.choose(connector)
    (stored,) = backup.manifest.objects
    owner, token = server.owner(connector), secrets.token_hex(4)
    scratch = drill_server.scratch(owner, token, stored.raw_bytes or stored.bytes)
    if scratch is None:
        raise ConfigurationError(
            f'Database "{connector.alias}": its connector has no scratch databases: verify its backups with '
            "--level read."
        )
    scratch.restored.compression = ("none", 0)
    prepared = assertions.prepare(settings.assertions, scratch.restored)
    with _claimed(scratch):
        return _Drill(connector, backup, settings, scratch, prepared).carry_out()


@contextmanager
def _claimed(scratch: Scratch) -> Iterator[None]:
    """Claims the scratch database, after those of dead drills have been dropped, and drops it at the end."""
    try:
        process.run(scratch.sweep, timeout=None)
    except (Interrupted, ConfigurationError, Unavailable):
        raise  # the claim would fail too
    except DjangoRcloneError as error:
        logger.warning("Scratch databases of earlier drills could not be dropped: %s", error)
    with process.hold(scratch.claim, scratch.claim_input):
        try:
            yield
        finally:
            try:
                process.run(scratch.drop, timeout=None)
            except DjangoRcloneError as error:
                logger.warning("%s could not be dropped, which the next drill does: %s", scratch.where, error)


@dataclass(slots=True)
class _Drill:
    """One drill, whose scratch database is claimed."""

    connector: BaseConnector
    backup: Backup
    settings: DrillSettings
    scratch: Scratch
    prepared: Sequence[tuple[Assertion, Command]]
    steps: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    server_version: str = ""

    def carry_out(self) -> DrillResult:
        """Carries out the steps, and returns the result of a drill that has found no difference."""
        try:
            with self._step(RESTORE):
                planned = self._restore()
            with self._step("read"):
                expected = self._expected(planned)
            with self._step("compare"):
                facts = inspect(self.scratch.restored, finish=False)
                self.server_version = facts.server_version
                found = [*self._differences(expected, facts)]
            with self._step("assertions"):
                failed = assertions.failures(self.prepared)
        except VerificationFailed as error:
            raise DrillFailed(failures.damage(self.connector.alias, error), self._result()) from error
        result = self._result(expected, [*found, *failed], len(self.prepared) - len(failed), equal=not found)
        if result.differences:
            raise DrillFailed(_summary(result.differences), result)
        return result

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.steps[name] = round(time.monotonic() - began, 3)  # as in the record

    def _result(
        self,
        expected: Fingerprint | None = None,
        found: Sequence[str] = (),
        assertions_held: int = 0,
        *,
        equal: bool = False,
    ) -> DrillResult:
        rows = expected.rows if expected is not None else {}
        return DrillResult(
            where=self.scratch.where,
            server_version=self.server_version,
            steps=dict(self.steps),
            tables=len(rows),
            rows=sum(each.count for each in rows.values()),
            assertions=assertions_held,
            equal=equal,
            differences=tuple(found),
            notes=tuple(self.notes),
        )

    def _restore(self) -> PlannedRestore:
        """Restores the backup as ``restore`` does. Raises VerificationFailed if the backup is at fault."""
        mode = Mode(into=self.scratch.into, drill=True)
        settings = self.settings
        try:
            planned = restore.plan(self.scratch.server, settings.remote, self.backup, mode, finish=False)
            restore.carry_out_unannounced(planned, settings.limits, quiet=settings.quiet)
        except DjangoRcloneError as error:
            if self._is_fault_of_backup(error) and self._is_of_version():
                problem = failures.damage(self.connector.alias, error)
                raise VerificationFailed(f"it cannot be restored: {problem}") from error
            raise
        return planned

    def _is_fault_of_backup(self, error: DjangoRcloneError) -> bool:
        # An error of the database's client that has no meaning of its own: not of the remote, not of the settings.
        general = type(error) in (DjangoRcloneError, ProgramFailed)
        of_database = str(error).startswith(f'Database "{self.connector.alias}": ')
        return general and of_database and not _NOT_THE_BACKUP.search(str(error))

    def _is_of_version(self) -> bool:
        """Returns whether the scratch server has the version that the backup comes from: another may not understand
        it."""
        version = inspect(self.scratch.server, finish=False).server_version
        return self.connector.prints_alike(self.backup.manifest.server_version, version)

    def _expected(self, planned: PlannedRestore) -> Fingerprint:
        """Returns the fingerprint of the backup, of what its restore does not leave out."""
        manifest = self.backup.manifest
        programs = planned.plan.fingerprint or self.scratch.restored.fingerprint(manifest)
        if programs is None:
            raise ConfigurationError(
                f'Database "{self.connector.alias}": this backup cannot be compared: verify it with --level read.'
            )
        (stored,) = manifest.objects
        digest = streams.Digest((stored.bytes, stored.sha256), self.backup.path)
        progress = Progress(
            f"{self.connector.alias}: reading", lambda: digest.bytes, stored.bytes, quiet=self.settings.quiet
        )
        try:
            output = process.collect(
                self.settings.remote.read(self.backup.path),
                digest,
                *streams.decompressor(manifest.outer_compression, self.backup.path),
                *programs,
                limits=self.settings.limits,
                tick=progress.tick,
            )
        finally:
            progress.close()
        return fingerprints.parse(output)

    def _differences(self, expected: Fingerprint, facts: Facts) -> Iterator[str]:
        """Yields how the scratch database differs from the backup and from its manifest."""
        manifest = self.backup.manifest
        restored = self._restored(facts)
        alike = self.connector.prints_alike(manifest.server_version, facts.server_version)
        if not alike:
            self.notes.append(
                f"The backup comes from a server of version {manifest.server_version}, the scratch database is on "
                f"{facts.server_version}: they print definitions differently, so only rows, sequences and settings "
                "were compared."
            )
        self.notes += expected.notes
        self.notes += manifest_comparison.notes(manifest, restored, facts.migrations)
        yield from differences(expected, restored, definitions=alike)
        yield from self._missing_tables(restored)
        yield from manifest_comparison.migration_problems(manifest, facts.migrations)

    def _missing_tables(self, restored: Fingerprint) -> Iterator[str]:
        """Yields the tables of the manifest that were not restored, and that the live database has now.

        One that it does not have may have been dropped between the probe and the dump.
        """
        missing = manifest_comparison.missing_tables(self.backup.manifest, restored)
        live = self._live_tables() if missing else frozenset()
        for name in missing:
            if name in live:
                yield f'table "{name}" is in the manifest, and is missing'
            else:
                self.notes.append(f'table "{name}" is in the manifest, and neither in the backup nor in the database')

    def _live_tables(self) -> frozenset[str]:
        try:
            return frozenset(inspect(self.connector, finish=False).tables)
        except Interrupted:
            raise
        except DjangoRcloneError as error:
            self.notes.append(f"The live database could not be inspected: {error}")
            return frozenset()

    def _restored(self, facts: Facts) -> Fingerprint:
        """Returns the fingerprint of the scratch database, which is dumped as for a backup."""
        scratch = self.scratch.restored
        dump = scratch.dump_restored(facts, self.backup.manifest)
        run_checks(dump)
        made = dataclasses.replace(
            self.backup.manifest,
            name=scratch.name,
            server_version=facts.server_version,
            client=dump.client,
            format=dump.format,
            compression=dump.compression,
            session=dump.session,
        )
        programs = scratch.fingerprint(made) or ()
        return fingerprints.parse(process.collect(dump.command, *dump.through, *programs, limits=self.settings.limits))


def _summary(found: Sequence[str]) -> str:
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{'; '.join(found[:_SHOWN])}{more}"
