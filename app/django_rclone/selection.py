"""Which backup is meant: the newest good one of this very database, and never somebody else's. Pure."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django_rclone.catalog import Backup, State
from django_rclone.exceptions import ConfigurationError, NothingToRestore

logger = logging.getLogger("django_rclone")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose backups are meant: this project's, of this alias, which is this database on its server."""

    project: str
    alias: str
    name: str

    def owns(self, backup: Backup) -> bool:
        """Tells whether a backup was made by this project under this alias (it may be of another database)."""
        found = backup.manifest
        if backup.database != self.alias:
            return False
        return found.project == self.project or (not found.project and found.name in ("", self.name))

    def owns_exactly(self, backup: Backup) -> bool:
        """Tells whether a backup is of this very database; one without a manifest has only its alias to go by."""
        return self.owns(backup) and backup.manifest.name in ("", self.name)


def latest(backups: Sequence[Backup], owner: Owner, *, at: datetime | None = None, unverified: bool = False) -> Backup:
    """Returns the newest good backup of ``owner`` that was begun at or before ``at``.

    Raises NothingToRestore when there is none, and ConfigurationError when the remote holds several databases under
    this alias and none is known to be ours. Only with ``unverified``, and only when there is nothing better, an
    undocumented one is taken.
    """
    ours = [backup for backup in backups if owner.owns(backup) and (at is None or backup.moment <= at)]
    good = [backup for backup in ours if backup.state is State.GOOD]
    names = sorted({(backup.manifest.project, backup.manifest.name) for backup in good})
    if len(names) > 1:
        good = [backup for backup in good if owner.owns_exactly(backup)]
        if not good:
            listed = ", ".join(f'"{name}"' + (f" of project {project}" if project else "") for project, name in names)
            raise ConfigurationError(
                f'Database "{owner.alias}": the remote holds backups of several databases under this alias ({listed}), '
                f'and none is named "{owner.name}". Name the one to restore with --input-path, or set PROJECT.'
            )
    if good:
        newest = good[0]
        for backup in ours:
            if backup.state is State.DAMAGED and backup.moment > newest.moment:
                logger.warning("A newer backup of %s is damaged and left aside: %s.", owner.alias, backup.problem)
        return newest
    found = [backup for backup in ours if backup.state is State.UNVERIFIED]
    if found and unverified:
        return found[0]
    raise NothingToRestore(_why_nothing(backups, owner, at, found))


def _why_nothing(backups: Sequence[Backup], owner: Owner, at: datetime | None, unverified: Sequence[Backup]) -> str:
    said = f'Database "{owner.alias}": there is no good backup' + (
        f" from before {at:%Y-%m-%d %H:%M:%S %Z}" if at else ""
    )
    damaged = [backup for backup in backups if owner.owns(backup) and backup.state is State.DAMAGED]
    if damaged:
        said = f"{said}, and {len(damaged)} damaged ({damaged[0].problem})"
    if unverified:
        return (
            f"{said}, but {len(unverified)} without a manifest, the newest {unverified[0].file}. "
            f"Restore it with --input-path {unverified[0].file}, or with --unverified."
        )
    others = sorted({backup.manifest.project for backup in backups if backup.state is State.GOOD} - {owner.project})
    if others:
        return f"{said} of this project; the remote holds some of: {', '.join(others)}. Is PROJECT right?"
    return f"{said}. See `listbackups`."
