"""The recipe of pruning: removes old backups once a newer one is confirmed, and the remains of dead runs."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django_rclone import catalog, display, retention, vocabulary
from django_rclone.catalog import Backup, BackupState
from django_rclone.clocks import dated_ahead
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout.folders import MANIFEST_DIR
from django_rclone.layout.manifest_paths import ManifestName, parse_manifest_name
from django_rclone.layout.object_paths import Scheme, object_path_problem, path_problem
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner

logger = logging.getLogger("django_rclone")

_UNTOUCHED = "Nothing was removed. Look for what hides files from rclone: filters in its configuration or environment."


def remove(remote: Remote, backup: Backup) -> None:
    """Deletes a backup: its manifest first, so that the backup ceases to exist at once, then its objects."""
    manifest = backup.manifest
    for stored in manifest.objects:
        problem = object_path_problem(stored.path, manifest.id) if manifest.id else path_problem(stored.path)
        if problem:
            raise DjangoRcloneError(f"{display.one_line(stored.path)} {problem}: it is not removed.")
    if manifest.point:
        remote.delete(ManifestName(manifest.point, manifest.database, manifest.id).path)
    for stored in manifest.objects:
        remote.delete(stored.path)


@dataclass(frozen=True, slots=True)
class Pruning:
    """Input of a pruning: the backups of one owner on a remote, and the limits."""

    remote: Remote
    names: Scheme
    owner: Owner
    keep: int | None
    """Number of backups to keep. None keeps all and removes only the remains of interrupted runs."""
    now: datetime
    timeout: float | None
    """Longest duration of a run, in seconds: younger remains may belong to a run that still goes on."""
    made: str = ""
    """Id of the backup that this run has made; empty if it made none."""


def candidates(pruning: Pruning) -> list[Backup]:
    """Returns the backups to remove.

    Raises DjangoRcloneError if the listing does not show the backup that this run has made, or hides a manifest that
    exists: a file missing from a listing may still exist. Keeps objects without a manifest if other projects or
    databases have backups under the same alias, because the objects may be theirs.
    """
    remote, names, owner, keep, now = pruning.remote, pruning.names, pruning.owner, pruning.keep, pruning.now
    timeout, made = pruning.timeout, pruning.made
    found = catalog.load(remote, names, owner.alias)
    if made and not any(backup.id == made and backup.state is BackupState.GOOD for backup in found):
        raise DjangoRcloneError(
            f'Database "{owner.alias}": the listing of the remote "{remote.where}" does not show the backup {made}, '
            f"which was just made, as a good one. {_UNTOUCHED}"
        )
    ours = _ours(found, owner)
    if keep is not None:
        _tell_left_alone(found, owner)
    late = [backup for backup in ours if dated_ahead(backup, now)]
    if late:
        logger.warning(
            'Database "%s": %d backups are dated after now (%s) and do not count: %s. They stay: a clock was wrong '
            "when they were made, or this machine's is wrong now.",
            *(owner.alias, len(late), display.utc(now), display.enumerate_some(backup.file for backup in late)),
        )
    surplus = retention.surplus(ours, keep, now=now, new=made) if keep is not None else []
    proven = [backup.moment for backup in ours if backup.state is BackupState.GOOD and backup not in late]
    if not proven or any(backup not in ours and not _without_label(backup) for backup in found):
        return surplus
    left = _left(remote, names, found, min(now, max(proven)), timeout)
    return [*surplus, *left]


def _ours(found: Sequence[Backup], owner: Owner) -> list[Backup]:
    """Returns the backups that certainly belong to this owner, and warns of those that may not."""
    ours = [backup for backup in found if owner.owns_exactly(backup)]
    elsewhere = {
        backup.manifest.source for backup in found if owner.owns(backup) and backup.manifest.name == owner.name
    } - {"", owner.source}
    if owner.project or not elsewhere:
        return ours
    logger.warning(
        'Database "%s": the remote also holds backups of "%s" on %s. They are left alone, here and on %s: set %s, '
        "on each machine its own, to say whose is whose.",
        *(owner.alias, owner.name, display.enumerate_some(sorted(elsewhere)), owner.source or "this machine"),
        vocabulary.current().setting("PROJECT"),
    )
    return [backup for backup in ours if backup.manifest.source == owner.source and backup.manifest.point]


def _tell_left_alone(found: Sequence[Backup], owner: Owner) -> None:
    """Warns of backups that the project may have made before it had a name, or before its database was renamed.
    Retention ignores them, so they would stay unnoticed forever."""
    good = [backup for backup in found if owner.project and backup.state is BackupState.GOOD]
    nameless = [one for one in good if not one.manifest.project and one.manifest.name == owner.name]
    renamed = [one for one in good if owner.owns(one) and one.manifest.name != owner.name]
    for left, what in ((nameless, "without a project's name"), (renamed, "of the project's databases of other names")):
        if left:
            logger.warning(
                'Database "%s": %d backups %s do not count, and stay: %s. Delete by hand what is not needed.',
                *(owner.alias, len(left), what, display.enumerate_some(backup.file for backup in left)),
            )


def _without_label(backup: Backup) -> bool:
    """Returns whether a backup's owner is unknown and its loss harmless: no readable manifest, and not unverified."""
    return not backup.manifest.point and backup.state is not BackupState.UNVERIFIED


def _left(
    remote: Remote, names: Scheme, found: Sequence[Backup], now: datetime, timeout: float | None
) -> Iterator[Backup]:
    """Yields the remains of dead runs. ``now`` must not be later than the newest good backup: by this machine's clock
    alone, a file that another machine is writing could look old."""
    shown = {backup.id for backup in found if backup.manifest.id}
    left = retention.leftovers(found, now, timeout)
    if left:
        _look_again(remote, {backup.id for backup in left} - shown)
    for backup in left:
        stored = remote.stored_at(backup.path)
        old = stored is None or retention.leftovers([replace(backup, modified=stored)], now, timeout)
        if old and (backup.id in shown or _has_no_manifest(remote, names, backup)):
            yield backup


def _look_again(remote: Remote, unshown: Collection[str]) -> None:
    """Lists the manifests again, because the name of an object from an earlier version does not determine its
    manifest's name. Raises DjangoRcloneError if a manifest has an id in ``unshown``."""
    for entry in remote.files(MANIFEST_DIR):
        name = parse_manifest_name(entry.path)
        if name and name.id in unshown:
            raise DjangoRcloneError(
                f'The remote "{remote.where}" has {name.path}, which its listing did not show before. {_UNTOUCHED}'
            )


def _has_no_manifest(remote: Remote, names: Scheme, backup: Backup) -> bool:
    """Returns whether an object certainly has no manifest. Raises DjangoRcloneError if it has an unlisted one."""
    manifest = names.manifest_of(backup.path)
    if backup.state is BackupState.PARTIAL and manifest is None:
        return True  # a file with such a name is never complete
    if manifest is None:
        logger.warning("%s has no manifest, as far as its name tells. It stays: delete it by hand.", backup.path)
        return False
    if remote.stat(manifest.path) is not None:
        raise DjangoRcloneError(
            f'The listing of the remote "{remote.where}" does not show {manifest.path}, which is there. {_UNTOUCHED}'
        )
    return True


def prune(pruning: Pruning) -> Iterator[Backup]:
    """Removes the backups that retention does not keep, and yields each one after its removal."""
    for backup in candidates(pruning):
        remove(pruning.remote, backup)
        yield backup
