"""The recipe of a verification: read a backup's object in full, check it or restore it, and record the result."""

from __future__ import annotations

import logging
import platform
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from django_rclone import __version__, batch, catalog, conf, display, process, selection, setting_names, streams
from django_rclone.catalog import Backup, BackupState
from django_rclone.db import failures
from django_rclone.db.base import BaseConnector, ReadCheck
from django_rclone.drill import assertions
from django_rclone.drill.assertions import Assertion
from django_rclone.drill.recipe import DrillFailed, DrillSettings, drill
from django_rclone.drill.report import DatabaseReport
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    Interrupted,
    NothingToRestore,
    VerificationFailed,
)
from django_rclone.layout import verification_record
from django_rclone.layout.drill_result import DrillResult
from django_rclone.layout.object_paths import Scheme
from django_rclone.layout.verification_paths import Level
from django_rclone.layout.verification_record import VerificationRecord
from django_rclone.process.progress import Progress
from django_rclone.rclone.errors import Missing
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner

logger = logging.getLogger("django_rclone")

_WAIT_FOR_END = process.Command((sys.executable, "-IS", "-c", "import sys; sys.stdin.buffer.read()"))
"""The last program of the stream. It gets nothing, and ends when all others have succeeded."""


class _Discard:
    """Filter that passes nothing on."""

    def feed(self, _data: bytes) -> Sequence[bytes]:
        return ()

    def finish(self) -> Sequence[bytes]:
        return ()


@dataclass(frozen=True, slots=True)
class Verification:
    """Settings of the verifications of one run."""

    remote: Remote
    level: Level
    names: Scheme = field(default_factory=conf.names)
    limits: process.Limits = field(default_factory=conf.limits)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    quiet: bool = False
    """Whether progress is hidden."""
    assertions: Sequence[Assertion] = ()
    """Assertions about restored databases, for drills."""


def configured(remote: Remote, level: Level, *, quiet: bool) -> Verification:
    """Returns the settings of a run, with the project's assertions. Raises ConfigurationError if their file is not
    valid."""
    path = conf.get("DRILL_ASSERTIONS") if level is Level.DRILL else None
    return Verification(remote, level, quiet=quiet, assertions=assertions.load(path) if path else ())


def find(run: Verification, owner: Owner, *, all_of_them: bool = False, backup_id: str = "") -> list[Backup]:
    """Returns the backups of a database to verify: the newest good one, all, or the one with an id.

    Raises NothingToRestore if there is none, and ConfigurationError if the id is of another owner's backup.
    """
    if backup_id:
        backup = by_id(run, backup_id)
        _check_owner(backup, owner)
        return [backup]
    return _every(run, owner) if all_of_them else _latest(run, owner)


def _latest(run: Verification, owner: Owner) -> list[Backup]:
    """Returns the newest good backup."""
    return [selection.latest(catalog.load(run.remote, run.names, owner.alias), owner)]


def _every(run: Verification, owner: Owner) -> list[Backup]:
    """Returns all backups of a database that have a manifest, newest first."""
    found = []
    for backup in catalog.load(run.remote, run.names, owner.alias):
        if backup.state is BackupState.DAMAGED and not backup.manifest.id:
            logger.warning("%s is damaged: %s.", backup.path, display.one_line(backup.problem))
        elif backup.manifest.id and owner.owns_exactly(backup):
            found.append(backup)
    if not found:
        listing = setting_names.current().list_command
        raise NothingToRestore(f'Database "{owner.alias}": there is no backup to verify. See {listing}.')
    return found


def by_id(run: Verification, backup_id: str) -> Backup:
    """Returns the backup with this id, of any database. Raises NothingToRestore if there is none."""
    found = [backup for backup in catalog.load(run.remote, run.names) if backup.id == backup_id]
    documented = [backup for backup in found if backup.manifest.id or backup.state is BackupState.DAMAGED]
    if not documented:
        listing = setting_names.current().list_command
        raise NothingToRestore(f"There is no backup with the id {backup_id} and a manifest. See {listing}.")
    return documented[0]


def _check_owner(backup: Backup, owner: Owner) -> None:
    """Raises ConfigurationError if a backup is not of this project and database: its record is not ours to write."""
    if backup.database != owner.alias:
        raise ConfigurationError(
            f'{backup.path} is a backup of the database "{backup.database}", not of "{owner.alias}".'
        )
    if backup.manifest.id and not owner.owns(backup):
        project = backup.manifest.project
        origin = f'by the project "{project}", not by this one' if project else "without a project name"
        raise ConfigurationError(
            f"{display.one_line(backup.path)} was made {display.one_line(origin)}: only its own project verifies it."
        )


def report_on(run: Verification, connector: BaseConnector, owner: Owner) -> DatabaseReport:
    """Returns what is recorded about the verifications of a database's backups. Verifies nothing."""
    found = catalog.load(run.remote, run.names, owner.alias)
    backups = [backup for backup in found if backup.manifest.id and owner.owns_exactly(backup)]
    return DatabaseReport(owner.alias, connector.engine, backups, catalog.read_verifications(run.remote, backups))


def verify_each(
    connector: BaseConnector,
    backups: Sequence[Backup],
    run: Verification,
    on_success: Callable[[Backup, VerificationRecord], None],
    on_failure: Callable[[Backup, DjangoRcloneError], None],
) -> None:
    """Verifies backups of one database. Each succeeds or fails alone.

    Calls one of the functions after each. Raises as ``batch.run_each`` does, with the exit code of VerificationFailed
    if one has failed its verification.
    """
    batch.run_each(
        backups,
        lambda backup: on_success(backup, verify(connector, backup, run)),
        on_failure,
        what=f'backups of "{connector.alias}"',
        decisive=VerificationFailed,
    )


def verify(connector: BaseConnector, backup: Backup, run: Verification) -> VerificationRecord:
    """Verifies one backup, records the result, and returns the record of a success.

    Raises VerificationFailed if the backup is not what its manifest states, or cannot be read by the database's
    client. Any other error (storage or clients that cannot be used now) leaves no record.
    """
    if backup.state is BackupState.DAMAGED:
        raise _failed(connector, backup, run.level, backup.problem)
    carry_out = _prepared(connector, backup, run)
    began = time.monotonic()
    try:
        result = carry_out()
    except Missing as error:
        raise _failed(connector, backup, run.level, "the object is missing") from error
    except VerificationFailed as error:
        problem = failures.damage(connector.alias, error)
        found = error.result if isinstance(error, DrillFailed) else None
        _record(backup, problem, time.monotonic() - began, run, found)
        raise _failed(connector, backup, run.level, problem) from error
    for note in result.notes if result else ():
        logger.warning('Database "%s": %s', connector.alias, display.one_line(note))
    return _record(backup, "", time.monotonic() - began, run, result)


def _prepared(connector: BaseConnector, backup: Backup, run: Verification) -> Callable[[], DrillResult | None]:
    """Returns the verification itself. Raises ConfigurationError if this backup cannot be verified at this level."""
    if run.level is not Level.HASH and backup.manifest.engine != connector.engine:
        raise ConfigurationError(
            f'Database "{connector.alias}" is {connector.engine}; {backup.path} is a backup of '
            f"{display.one_line(backup.manifest.engine)}: it can be verified with --level hash only."
        )
    if run.level is Level.DRILL:
        settings = DrillSettings(run.remote, run.limits, run.assertions, run.quiet)
        return partial(drill, connector, backup, settings)
    check = ReadCheck() if run.level is Level.HASH else connector.read_check(backup.manifest)
    return partial(_carry_out, connector, backup, check, run)


def success(backup: Backup, record: VerificationRecord) -> str:
    """Returns the message for a backup that passed, with recovery time and age of the recovery point after a drill."""
    size, duration = display.size(backup.size), display.duration(record.seconds)
    found = f'Database "{backup.database}": {backup.path} passed ({record.level}, {size} in {duration}).'
    recovery = record.drill.recovery_seconds if record.drill else None
    if recovery is None:
        return found
    age = display.age(record.verified_at - backup.moment)
    return f"{found} It was restored in {display.duration(recovery)}; the recovery point is {age} old."


def _failed(connector: BaseConnector, backup: Backup, level: Level, problem: str) -> VerificationFailed:
    return VerificationFailed(
        display.one_line(f'Database "{connector.alias}": {backup.path} failed its verification ({level}): {problem}.')
    )


def _carry_out(connector: BaseConnector, backup: Backup, check: ReadCheck, run: Verification) -> None:
    """Reads the object once, through hash, decompression and the programs of ``check``."""
    (stored,) = backup.manifest.objects
    digest = streams.Digest((stored.bytes, stored.sha256), "the object")
    unpacked = streams.decompressor(backup.manifest.outer_compression, "the object") if run.level != Level.HASH else []
    title = f"{connector.alias}: verification"
    progress = Progress(title, lambda: digest.bytes, stored.bytes, quiet=run.quiet)
    # None of them is the last program, which must read everything: pg_restore 13 does not read an archive's last bytes.
    programs = [replace(command, is_loader=True) for command in check.programs]
    try:
        _run_all(check.prepare)
        source = run.remote.read(backup.path)
        end = (_Discard(), _WAIT_FOR_END)
        process.pipe(source, digest, *unpacked, *programs, *end, limits=run.limits, tick=progress.tick)
        _run_all(check.finish)
    finally:
        progress.close()
        for command in check.cleanup:
            with suppress(DjangoRcloneError):
                process.run(command)


def _run_all(commands: Sequence[process.Command]) -> None:
    for command in commands:
        process.run(command, timeout=None)


def _record(
    backup: Backup, problem: str, seconds: float, run: Verification, drill_result: DrillResult | None
) -> VerificationRecord:
    """Writes the record of a verification, and removes those that it supersedes. A failure is only logged."""
    newest = max((name.verified_at for name in backup.verifications), default=datetime.min.replace(tzinfo=UTC))
    record = verification_record.describe(
        backup.manifest,
        run.level,
        problem,
        # Later than any other, so that a clock that was wrong once does not decide which one is the newest.
        verified_at=max(run.clock(), newest + timedelta(seconds=1)),
        seconds=seconds,
        host=platform.node(),
        django_rclone=__version__,
    )
    record = replace(record, drill=drill_result)
    try:
        content = record.to_json().encode()
        run.remote.put(record.record_name.path, content, atomic=run.remote.abilities().atomic)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        result = "failed its verification" if problem else "is verified"
        logger.warning("%s %s, but the record of that was not written: %s", backup.path, result, error)
        return record
    _remove_superseded(backup, record, run)
    return record


def _remove_superseded(backup: Backup, record: VerificationRecord, run: Verification) -> None:
    for name in backup.verifications:
        same = name.level is record.level and not name.passed
        if same or (record.passed and record.level.includes(name.level)):
            try:
                run.remote.delete(name.path)
            except Interrupted:
                raise
            except DjangoRcloneError as error:  # storage that allows no deletes: pruning removes it
                logger.debug("%s was not removed: %s", name.path, error)
