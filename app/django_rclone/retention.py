"""Which backups may go. Pure: backups in, backups out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django_rclone.catalog import Backup, State

_LEFTOVER_AGE = timedelta(hours=24)


def surplus(backups: Iterable[Backup], keep: int) -> list[Backup]:
    """Returns the backups beyond the ``keep`` newest, oldest first.

    ``backups`` are those of one database. Good ones and those without a manifest (django-rclone 0.4 made such) count
    alike, by the time inside the manifest or the name. The newest good one always stays, and so does everything
    when none is good: nothing has been proven then. Raises ValueError if ``keep`` is less than 1.
    """
    if keep < 1:
        raise ValueError(f"keep must be 1 or more, not {keep}")
    countable = sorted(
        (backup for backup in backups if backup.state in (State.GOOD, State.UNVERIFIED)),
        key=lambda backup: (backup.moment, backup.id),
    )
    good = [backup for backup in countable if backup.state is State.GOOD]
    return [backup for backup in countable[:-keep] if backup is not good[-1]] if good else []


def leftovers(backups: Iterable[Backup], now: datetime, timeout: float | None) -> list[Backup]:
    """Returns what unfinished runs left behind: old enough that no run can still be writing it.

    An object whose manifest is there but cannot be read (a newer django-rclone wrote it, or it is damaged) is no
    left-over: it stays.
    """
    backups = list(backups)
    oldest = now - max(_LEFTOVER_AGE, timedelta(seconds=timeout or 0))
    described = {backup.id for backup in backups if backup.state is State.DAMAGED}
    return [
        backup
        for backup in backups
        if backup.state in (State.ORPHAN, State.PARTIAL) and backup.modified < oldest and backup.id not in described
    ]
