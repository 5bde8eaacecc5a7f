"""Backup of the media files: makes the mirror on the remote equal to MEDIA_ROOT."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django_rclone import __version__, conf, process, setting_names, signals
from django_rclone.display import enumerate_some
from django_rclone.exceptions import ConfigurationError
from django_rclone.media import deletion_budget, lock, media_root, mirror, record_store, symlinks
from django_rclone.media.media_root import MediaFolder
from django_rclone.media.sync import comparison_flags, sync
from django_rclone.media.sync_log import Changes, SyncLog
from django_rclone.media_record import MediaRecord
from django_rclone.rclone import crypt
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")


def back_up(
    remote: Remote,
    folder: str,
    *,
    allow_empty: bool,
    limits: process.Limits,
    allow_deletes: bool = False,
    quiet: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Changes:
    """Makes the mirror on the remote equal to MEDIA_ROOT, then writes its record with the time to the remote.

    Raises ConfigurationError if this would delete most of the mirror: an unmounted volume looks the same.
    """
    crypt.check_password(remote)
    source = media_root.path()
    _refuse_missing(source, remote, folder)
    follow_links = conf.get("MEDIA_FOLLOW_LINKS")
    if follow_links:
        symlinks.refuse_loops(source)
    with lock.held(source):
        media_root.refuse_overlap(remote, source)
        project = mirror.project_name()
        previous = mirror.own_record(remote, folder, project)
        media_folder = MediaFolder(source, follow_links=follow_links)
        allowed = allow_deletes if media_folder.has_files() else allow_empty
        abilities = remote.abilities()
        backup = _Backup(remote, folder, media_folder, comparison_flags(remote, abilities), limits)
        max_deletes = _max_deletes(backup, previous, allowed=allowed)
        with signals.around(signals.pre_media_backup, signals.post_media_backup, signals.backup_failed, sender=None):
            started_at = clock()
            delete_flags = () if allowed else ("--max-delete", str(max_deletes))
            log = backup.sync(*backup.comparison, *delete_flags, quiet=quiet)
            changes = log.changes
            record = MediaRecord(
                folder,
                project,
                started_at,
                finished_at=clock(),
                copied=changes.copied,
                deleted=changes.deleted,
                bytes=changes.bytes,
                django_rclone=__version__,
                host=socket.gethostname(),
                source=str(source),
            )
            record_store.write(remote, record, atomic=abilities.atomic)
        for warning in log.warnings():
            logger.warning("Media files: %s", warning)
    return changes


def _refuse_missing(source: Path, remote: Remote, folder: str) -> None:
    """Raises ConfigurationError if MEDIA_ROOT does not exist."""
    if source.is_dir():
        return
    if remote.files(folder, recursive=True):
        option = setting_names.current().media_backup("--allow-empty")
        raise ConfigurationError(
            f"MEDIA_ROOT {source} does not exist, but its mirror {remote.path(folder)} has files: is a volume not "
            f"mounted? If the media files were deleted on purpose, create the empty folder and pass {option}."
        )
    raise ConfigurationError(f"MEDIA_ROOT {source} does not exist: nothing to back up. Is a volume not mounted?")


@dataclass(frozen=True, slots=True)
class _Backup:
    """Input of one backup: what it syncs, and how."""

    remote: Remote
    folder: str
    """Folder of the mirror, relative to the remote's root."""
    media_folder: MediaFolder
    comparison: tuple[str, ...]
    """Flags for detecting changed files."""
    limits: process.Limits

    def sync(self, *flags: str, quiet: bool, log: SyncLog | None = None) -> SyncLog:
        """Runs ``rclone sync`` from MEDIA_ROOT to the mirror."""
        return sync(
            self.remote,
            str(self.media_folder.root),
            self.remote.path(self.folder),
            self.limits,
            *flags,
            quiet=quiet,
            log=log,
            follow_links=self.media_folder.follow_links,
        )


def _max_deletes(backup: _Backup, previous: MediaRecord | None, *, allowed: bool) -> int:
    """Returns how many files the sync may delete, from a dry run that counts the changes.

    The dry run compares only sizes, which needs listings but no request per file. Only if another folder was mirrored
    before, it compares files as the sync does, because they may belong to another project. Raises ConfigurationError
    if the changes need confirmation and ``allowed`` is not set.
    """
    remote, folder, source = backup.remote, backup.folder, backup.media_folder.root
    plan = deletion_budget.PlannedSync(backup.media_folder)
    other_source = previous is not None and previous.source not in ("", str(source))
    comparison: tuple[str, ...] = ("--size-only",)
    if other_source:
        plan.mirrored = frozenset(file.path for file in remote.files(folder, recursive=True))
        if "--ignore-times" not in backup.comparison:
            comparison = backup.comparison
    log = backup.sync("--dry-run", *comparison, quiet=True, log=SyncLog(plan.copy, plan.delete))
    mirror_files = log.destination_files
    if previous is not None and other_source and (plan.deleted or plan.replaced):
        logger.warning(
            "The mirror %s was made from %s on %s before, and is made from %s now. If two projects share it, set a %s "
            "for each.",
            *(remote.path(folder), previous.source, previous.host, source, setting_names.current().setting("PROJECT")),
        )
    problem = deletion_budget.problem(plan, mirror_files, other_source=other_source)
    if problem and not allowed:
        is_empty = not backup.media_folder.has_files()
        option = setting_names.current().media_backup("--allow-empty" if is_empty else "--allow-deletes")
        raise ConfigurationError(
            f"MEDIA_ROOT {source} {'is empty' if is_empty else 'has changed'}, but its mirror {remote.path(folder)} "
            f"has files: is a volume not mounted? The backup is refused: {problem}. If this is intended, pass {option}."
        )
    if plan.lost:
        logger.warning(
            "Folders of the mirror that have no files in MEDIA_ROOT: %s.", enumerate_some(plan.folders_without_files())
        )
    if plan.emptied > deletion_budget.MOST and 2 * plan.emptied > mirror_files:
        logger.warning("%d files of MEDIA_ROOT that are uploaded have no content: were they truncated?", plan.emptied)
    return plan.max_deletes(mirror_files)
