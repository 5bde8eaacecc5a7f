"""Selection of the backups to remove. Pure: backups in, backups out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django_rclone.catalog import Backup, BackupState
from django_rclone.clocks import dated_ahead

_LEFTOVER_AGE = timedelta(hours=24)


def surplus(backups: Iterable[Backup], keep: int, *, now: datetime | None = None, new_id: str = "") -> list[Backup]:
    """Returns the backups beyond the ``keep`` newest, oldest first.

    ``backups`` are those of one database. Good and unverified ones (without a manifest, as made by django-rclone 0.4)
    count equally, by the time in the manifest or the name. Backups dated after ``now`` do not count and are kept. The
    newest good backup and the one with the id ``new_id``, which this run has made, are always kept. If none is good,
    all are kept. Raises ValueError if ``keep`` is less than 1.
    """
    if keep < 1:
        raise ValueError(f"keep must be 1 or more, not {keep}")
    countable = sorted(
        (
            backup
            for backup in backups
            if backup.state in (BackupState.GOOD, BackupState.UNVERIFIED) and not (now and dated_ahead(backup, now))
        ),
        key=lambda backup: (backup.moment, backup.id),
    )
    good = [backup for backup in countable if backup.state is BackupState.GOOD]
    if not good:
        return []
    kept = {good[-1].path, *(backup.path for backup in good if new_id and backup.id == new_id)}
    return [backup for backup in countable[:-keep] if backup.path not in kept]


def leftovers(backups: Iterable[Backup], now: datetime, timeout: float | None) -> list[Backup]:
    """Returns the leftovers of interrupted runs that are too old for any run to be still writing them.

    Excludes objects whose manifest exists but cannot be read (written by a newer django-rclone, or damaged).
    """
    backups = list(backups)
    try:
        oldest = now - max(_LEFTOVER_AGE, timedelta(seconds=timeout or 0))
    except OverflowError:  # the timeout reaches back before year 1
        return []
    described = {backup.id for backup in backups if backup.state is BackupState.DAMAGED}
    return [
        backup
        for backup in backups
        if backup.state in (BackupState.ORPHAN, BackupState.PARTIAL)
        and backup.modified < oldest
        and backup.id not in described
    ]
