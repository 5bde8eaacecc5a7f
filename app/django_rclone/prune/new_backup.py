"""After a backup: compares it with earlier ones, and prunes unless it is unusual."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django_rclone import anomaly, catalog, setting_names
from django_rclone.catalog import Backup
from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone.layout.manifest import Manifest
from django_rclone.prune import force
from django_rclone.prune.planning import plan
from django_rclone.prune.pruning import Pruning
from django_rclone.prune.removal import carry_out
from django_rclone.rclone.errors import AccessDenied
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")

_COMPARED = 4 * anomaly.HISTORY
"""Number of manifests to read for a comparison. Some may be of other projects, or of another format."""


def after_backup(remote: Remote, made: Manifest, pruning: Pruning | None, removed: Callable[[Backup], None]) -> str:
    """Compares a new backup with those before it, then prunes, unless ``pruning`` is None.

    Returns how the backup is unusual; empty if it is normal. An unusual one is logged as a warning and holds pruning.
    Calls ``removed`` with each backup after its removal. Credentials that must not delete are no failure.
    """
    planned = plan(pruning) if pruning else None
    found = planned.anomaly if planned else _anomaly_of(remote, made)
    held = force.held_because(pruning, planned) if pruning and planned else ""
    if found:
        logger.warning(
            'Database "%s": the backup is complete, but unusual: %s. %s',
            *(made.database, found, _advice(pruning) if pruning and held else "Check the database."),
            extra={"event": "backup.unusual", "database": made.database},
        )
    if pruning and planned and not held:
        with left_to_others_if_denied(f'Database "{made.database}"', database=made.database):
            for decision in carry_out(pruning, planned):
                removed(decision.backup)
    return found


@contextmanager
def left_to_others_if_denied(subject: str, **about: str) -> Iterator[None]:
    """Logs a warning if the remote denies deletes: pruning after a backup is then left to others. ``about`` is logged
    too."""
    try:
        yield
    except AccessDenied as error:
        logger.warning(
            "%s: the remote does not let these credentials delete. Old backups are left to `%s`, with other "
            "credentials. (%s)",
            *(subject, setting_names.current().prune_command, error),
            extra={"event": "prune.denied", **about},
        )


def _anomaly_of(remote: Remote, made: Manifest) -> str:
    """Returns how a new backup is unusual. If the earlier ones cannot be read, logs that: the backup itself is good."""
    try:
        fewest = anomaly.FEWEST_BACKUPS + 1  # with the new one
        return anomaly.problem(made, catalog.newest_manifests(remote, made.database, _COMPARED, fewest=fewest))
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        logger.warning('Database "%s": the backup could not be compared with earlier ones: %s', made.database, error)
        return ""


def _advice(pruning: Pruning) -> str:
    return f"Pruning is held until a backup is normal again. {force.advice(pruning)}"
