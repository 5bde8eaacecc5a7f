"""Backup of one database, followed by retention."""

from __future__ import annotations

import logging

from django_rclone import display, prune
from django_rclone.backup import BackupRun, back_up
from django_rclone.db import registry
from django_rclone.layout.manifest import Manifest
from django_rclone.selection import Owner

logger = logging.getLogger(__name__)


def back_up_database(alias: str, run: BackupRun, keep: int | None) -> Manifest:
    """Backs up one database, then applies retention. Returns the new backup's manifest."""
    connector = registry.connector(alias)
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
    if keep is not None:
        owner = Owner.of(run.project, connector)
        limit = run.limits.timeout
        for removed in prune.prune(prune.Pruning(run.remote, run.names, owner, keep, run.now(), limit, manifest.id)):
            log_removed(alias, removed.path, removed.state)
    return manifest


def log_removed(alias: str, path: str, state: str) -> None:
    """Logs that retention has removed a backup."""
    about = {"event": "prune.removed", "database": alias, "path": path}
    logger.info('Database "%s": removed %s (%s).', alias, path, state, extra=about)
