"""The backups that certainly belong to one database of one project, and warnings of those that may be its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django_rclone import display, setting_names
from django_rclone.catalog import Backup, BackupState
from django_rclone.selection import Owner

logger = logging.getLogger("django_rclone")


def certainly_owned(listed: Sequence[Backup], owner: Owner) -> list[Backup]:
    """Returns the backups that certainly belong to ``owner``, and warns of those that may belong to another machine."""
    own = [backup for backup in listed if owner.owns_exactly(backup)]
    other_sources = {
        backup.manifest.source for backup in listed if owner.owns(backup) and backup.manifest.name == owner.name
    } - {"", owner.source}
    if owner.project or not other_sources:
        return own
    logger.warning(
        'Database "%s": the remote also holds backups of "%s" on %s. They are kept, both here and on %s. To tell them '
        "apart, set a different %s on each machine.",
        *(owner.alias, owner.name, display.enumerate_some(sorted(other_sources)), owner.source or "this machine"),
        setting_names.current().setting("PROJECT"),
    )
    return [backup for backup in own if backup.manifest.source == owner.source and backup.manifest.point]


def warn_of_uncounted(listed: Sequence[Backup], owner: Owner) -> None:
    """Warns of backups that retention ignores, and so would stay unnoticed: those that the project may have made before
    it had a name, or before its database was renamed."""
    good = [backup for backup in listed if owner.project and backup.state is BackupState.GOOD]
    unnamed = [backup for backup in good if not backup.manifest.project and backup.manifest.name == owner.name]
    renamed = [backup for backup in good if owner.owns(backup) and backup.manifest.name != owner.name]
    for uncounted, kind in ((unnamed, "without a project name"), (renamed, "of this project's other databases")):
        if uncounted:
            logger.warning(
                'Database "%s": %d backups %s are kept and do not count: %s. Delete by hand those you do not need.',
                *(owner.alias, len(uncounted), kind, display.enumerate_some(backup.file for backup in uncounted)),
            )


def is_unidentified(backup: Backup) -> bool:
    """Returns whether a backup has no readable manifest, and so no known owner. Excludes unverified backups."""
    return not backup.manifest.point and backup.state is not BackupState.UNVERIFIED
