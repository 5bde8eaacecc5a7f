"""Backup of one database, followed by retention."""

from __future__ import annotations

import logging

from django_rclone import display, prune
from django_rclone.backup import BackupRun, back_up
from django_rclone.catalog import Backup
from django_rclone.db import registry
from django_rclone.db.base import BaseConnector
from django_rclone.layout.manifest import Manifest
from django_rclone.retention import Policy
from django_rclone.selection import Owner
from django_rclone_sidecar.report import BackupMade

logger = logging.getLogger(__name__)

ALL_KEPT = "Retention is not set (BACKUP_KEEP_LAST, BACKUP_KEEP_DAILY and so on): all backups are kept"


def back_up_database(alias: str, run: BackupRun, policy: Policy | None) -> BackupMade:
    """Backs up one database, compares the backup with earlier ones, then applies retention."""
    connector = registry.connector(alias)
    manifest = back_up_only(connector, run)
    pruning = None
    if policy is not None:
        owner, limit = Owner.of(run.project, connector), run.limits.timeout
        pruning = prune.Pruning(run.remote, run.names, owner, policy, run.now(), limit, manifest.id)

    def removed(backup: Backup) -> None:
        log_removed(alias, backup.path, backup.state)

    return BackupMade(manifest, prune.after_backup(run.remote, manifest, pruning, removed))


def back_up_only(connector: BaseConnector, run: BackupRun) -> Manifest:
    """Backs up one database, and returns the backup's manifest."""
    alias = connector.alias
    manifest = back_up(connector, run)
    (stored,) = manifest.objects
    seconds = (manifest.finished_at - manifest.started_at).total_seconds()
    logger.info(
        'Database "%s": backed up to %s (%s in %s).',
        *(alias, stored.path, display.size(stored.bytes), display.duration(seconds)),
        extra={
            "event": "backup.done",
            "database": alias,
            "path": stored.path,
            "bytes": stored.bytes,
            "seconds": round(seconds, 3),
        },
    )
    return manifest


def log_all_kept() -> None:
    """Logs that no retention is set."""
    logger.info("%s.", ALL_KEPT, extra={"event": "retention.none"})


def log_removed(alias: str, path: str, state: str) -> None:
    """Logs that retention has removed a backup."""
    about = {"event": "prune.removed", "database": alias, "path": path}
    logger.info('Database "%s": removed %s (%s).', alias, path, state, extra=about)
