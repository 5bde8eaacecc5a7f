"""Selection of the backups to remove. Pure: backups in, backups out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django_rclone.catalog import Backup, BackupState
from django_rclone.clocks import dated_ahead

_LEFTOVER_AGE = timedelta(hours=24)


def surplus(backups: Iterable[Backup], keep: int, *, now: datetime | None = None, new: str = "") -> list[Backup]:
    """Returns the backups beyond the ``keep`` newest, oldest first.

    ``backups`` are those of one database. Good ones and unverified ones (without a manifest, as made by django-rclone
    0.4) count equally, by the time in the manifest or the name. Backups dated after ``now`` do not count, and stay.
    The newest good one and the one with the id ``new`` (made by this run) always stay. All stay if none is good: then
    none is proven. Raises ValueError if ``keep`` is less than 1.
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
    stay = {good[-1].path if good else "", *(backup.path for backup in good if new and backup.id == new)}
    return [backup for backup in countable[:-keep] if backup.path not in stay] if good else []


def leftovers(backups: Iterable[Backup], now: datetime, timeout: float | None) -> list[Backup]:
    """Returns the remains of unfinished runs that are so old that no run can still be writing them.

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
