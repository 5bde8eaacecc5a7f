"""The recipe of a restore: find the backup, inspect the database, plan, and restore all or nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django_rclone import catalog, clocks, display, process, selection, setting_names, signals, streams
from django_rclone.catalog import Backup, BackupState
from django_rclone.db.base import BaseConnector, Mode, RestorePlan
from django_rclone.db.inspection import inspect
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    NothingToRestore,
    VerificationFailed,
)
from django_rclone.layout.object_paths import PARTIAL, Scheme
from django_rclone.process.progress import Progress
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner
from django_rclone.streams import Gate

logger = logging.getLogger("django_rclone")


@dataclass(frozen=True, slots=True)
class PlannedRestore:
    """The restore of one backup to one database, ready to be shown or carried out."""

    connector: BaseConnector
    remote: Remote
    backup: Backup
    plan: RestorePlan

    def __str__(self) -> str:
        return f"{self.summary}\n{display.printable(self.plan.steps)}"

    @property
    def summary(self) -> str:
        """Backup, target and consequences of the restore, to be shown before the user confirms."""
        backup = self.backup
        origin = f"made {display.moment(backup.moment)}" if backup.manifest.point else "without a manifest"
        line = f"restore  {display.one_line(backup.path)}, {origin}, {display.size(backup.size)}"
        return f"{line}\n{display.printable(self.plan.summary)}"


def latest(
    remote: Remote,
    names: Scheme,
    owner: Owner,
    *,
    at: datetime | None = None,
    unverified: bool = False,
    connector: BaseConnector | None = None,
) -> Backup:
    """Returns the newest good backup that was started at or before ``at``; see ``selection.latest``.

    If a backup or ``at`` is in the future, it also reads the clocks of the storage and of ``connector``'s database
    server: this machine's may be wrong.
    """
    backups = catalog.load(remote, names, owner.alias)
    now = datetime.now(UTC)
    in_future = [backup for backup in backups if owner.owns(backup) and clocks.dated_ahead(backup, now)]
    if in_future or (at is not None and at > now):
        now = max(now, *clocks.certainly_passed(remote, in_future, lambda: _server_clock(connector)))
    return selection.latest(backups, owner, at=at, unverified=unverified, now=now)


def _server_clock(connector: BaseConnector | None) -> datetime | None:
    return inspect(connector, finish=False).clock if connector is not None else None


def by_path(remote: Remote, names: Scheme, owner: Owner, path: str) -> Backup:
    """Returns the backup at ``path``, which is relative to the backup folder or begins with it, or is that of a backup
    in another folder, from before DB_BACKUP_DIR was changed.

    Raises NothingToRestore if there is none, ConfigurationError if the path is not valid or the backup is incomplete
    or of another database, and VerificationFailed if it is damaged.
    """
    _check_path(path)
    full = path if path.startswith(names.folder + "/") else f"{names.folder}/{path}"
    backups = catalog.load(remote, names)
    backup = catalog.find(backups, full) or _in_subfolder(remote, full) or _in_another_folder(backups, path)
    if backup is None:
        raise NothingToRestore(f"There is no {full} on the remote. See {setting_names.current().list_command}.")
    _check_choice(backup, owner)
    return backup


def by_id(remote: Remote, names: Scheme, owner: Owner, backup_id: str) -> Backup:
    """Returns the backup with this id. Raises NothingToRestore if there is none, ConfigurationError if it is of another
    database, and VerificationFailed if it is damaged."""
    with_id = [backup for backup in catalog.load(remote, names) if backup.id == backup_id]
    backup = next((backup for backup in with_id if backup.manifest.id or backup.state is BackupState.DAMAGED), None)
    if backup is None:
        leftover = f": its run left only {with_id[0].path}; to restore it, pass --input-path" if with_id else ""
        raise NothingToRestore(
            f"There is no backup with the id {backup_id}{leftover}. See {setting_names.current().list_command}."
        )
    _check_choice(backup, owner)
    return backup


def _in_subfolder(remote: Remote, path: str) -> Backup | None:
    """Returns a file in a subfolder, which the catalog does not include, or None if it does not exist."""
    entry = remote.stat(path)
    if entry is None:
        return None
    manifest = catalog.undocumented(path, "", entry.size, entry.modified)
    return Backup("", "", path, entry.modified, entry.size, BackupState.UNVERIFIED, manifest, entry.modified)


def _in_another_folder(backups: Sequence[Backup], path: str) -> Backup | None:
    """Returns the backup with this path from the remote's root or, as listings show it, with this file name."""
    return catalog.find(backups, path) or next((backup for backup in backups if backup.file == path), None)


def _check_path(path: str) -> None:
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or ".." in parts or "." in parts or path.endswith("/"):
        listing = setting_names.current().list_command
        raise ConfigurationError(f'"{path}" is not a path in the backup folder: use a path shown by {listing}.')


def _check_choice(backup: Backup, owner: Owner) -> None:
    if backup.database not in ("", owner.alias):
        raise ConfigurationError(
            f'{backup.path} is a backup of the database "{backup.database}", not of "{owner.alias}". '
            f"To restore that database, pass --database {backup.database}."
        )
    if backup.state is BackupState.PARTIAL or backup.path.endswith(PARTIAL):
        raise ConfigurationError(
            f"{backup.path} is incomplete: its run was interrupted or is still running. Choose another."
        )
    if backup.state is BackupState.DAMAGED:
        raise VerificationFailed(
            f"{backup.path} is damaged: {backup.problem}. Choose another; see {setting_names.current().list_command}."
        )
    if backup.state is BackupState.ORPHAN:
        logger.warning("%s has no manifest: its run was interrupted, and it may be incomplete.", backup.path)
    if backup.state is BackupState.UNVERIFIED:
        logger.warning("%s has no manifest: its content cannot be verified.", backup.path)
    if backup.state is BackupState.FAILED:
        logger.warning("%s: %s. It is restored because you chose it.", backup.path, backup.problem)
    if backup.state in (BackupState.GOOD, BackupState.FAILED) and not owner.owns(backup):
        project = backup.manifest.project
        origin = f"by the project {project!r}, not by this one" if project else "without a project name"
        logger.warning("%s was made %s.", backup.path, origin)


def plan(
    connector: BaseConnector, remote: Remote, backup: Backup, mode: Mode, *, finish: bool = True
) -> PlannedRestore:
    """Inspects the database and the beginning of the object, and returns the planned restore.

    Changes nothing, except that it completes an interrupted restore if ``finish`` is True.
    """
    manifest = backup.manifest
    if manifest.engine and manifest.engine != connector.engine:
        raise ConfigurationError(
            f'Database "{connector.alias}" is {connector.engine}; {backup.path} is a backup of {manifest.engine}.'
        )
    facts = inspect(connector, finish=finish)
    reader = connector.contents(manifest)
    contents = ""
    if reader is not None:
        unpacked = streams.decompressor(manifest.outer_compression, backup.path)
        contents = process.peek(remote.read(backup.path), *unpacked, reader).decode(errors="surrogateescape")
    steps = connector.restore(facts, manifest, mode, contents)
    if mode.in_place and not steps.verify:
        steps = replace(steps, notes=(*steps.notes, "--in-place has no effect for this database."))
    return PlannedRestore(connector, remote, backup, steps)


def carry_out(restore: PlannedRestore, limits: process.Limits, *, quiet: bool = False) -> None:
    """Carries out the plan, and shows progress unless ``quiet``. After any failure the database is unchanged.

    Raises VerificationFailed if the object does not match its manifest, and the explained error if a program fails.
    """
    sender = restore.connector.__class__
    about: dict[str, Any] = {"database": restore.connector.alias, "path": restore.backup.path}
    sent = (signals.pre_db_restore, signals.post_db_restore, signals.restore_failed)
    with signals.around(*sent, sender=sender, **about):
        carry_out_unannounced(restore, limits, quiet=quiet)


def carry_out_unannounced(restore: PlannedRestore, limits: process.Limits, *, quiet: bool = False) -> None:
    """The same without signals, which are about the live database."""
    _carry_out(_Transfer(restore, limits, quiet))


@dataclass(frozen=True, slots=True)
class _Transfer:
    """The transfer of a backup's object into programs."""

    restore: PlannedRestore
    limits: process.Limits
    quiet: bool

    def run(self, programs: Sequence[process.Command], gate: Gate, purpose: str) -> None:
        """Sends the object through ``programs``. Raises VerificationFailed if it does not match its manifest."""
        backup = self.restore.backup
        (stored,) = backup.manifest.objects
        digest = streams.Digest((stored.bytes, stored.sha256) if stored.sha256 else None, backup.path)
        title = f"{self.restore.connector.alias}: {purpose}"
        progress = Progress(title, lambda: digest.bytes, stored.bytes, quiet=self.quiet)
        first, *rest = programs  # raises ValueError if there are none: the object must not be dropped silently
        try:
            process.pipe(
                self.restore.remote.read(backup.path),
                digest,
                *streams.decompressor(backup.manifest.outer_compression, backup.path),
                first,
                *rest,
                gate=gate,
                limits=self.limits,
                tick=progress.tick,
            )
        finally:
            progress.close()


def _carry_out(transfer: _Transfer) -> None:
    steps = transfer.restore.plan
    try:
        if steps.verify:
            transfer.run(steps.verify, Gate(hold=0), "verification")
        _run_all(steps.prepare)
        transfer.run(steps.load, steps.gate, "restore")
        _run_all(steps.commit)
    except BaseException:
        for command in steps.abort:
            with suppress(DjangoRcloneError):
                process.run(command)
        raise


def _run_all(commands: Sequence[process.Command]) -> None:
    for command in commands:
        process.run(command, timeout=None)
