"""The recipe of pruning: removes old backups and leftovers of interrupted runs, once a newer backup is confirmed."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django_rclone import catalog, display, retention, setting_names
from django_rclone.catalog import Backup, BackupState
from django_rclone.clocks import dated_ahead
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout.folders import MANIFEST_DIR
from django_rclone.layout.manifest_paths import ManifestName, parse_manifest_name
from django_rclone.layout.object_paths import Scheme, object_path_problem, path_problem
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner

logger = logging.getLogger("django_rclone")

_UNTOUCHED = "Nothing was removed. Check rclone's configuration and environment for filters that hide files."


@dataclass(frozen=True, slots=True)
class Pruning:
    """The backups of one owner on a remote, and how many of them to keep."""

    remote: Remote
    names: Scheme
    owner: Owner
    keep: int | None
    """Number of backups to keep. None keeps all, and removes only leftovers of interrupted runs."""
    now: datetime
    timeout: float | None
    """Longest duration of a run, in seconds: newer leftovers may belong to a run that has not ended."""
    new_id: str = ""
    """Id of the backup that this run has made; empty if it made none."""


def prune(pruning: Pruning) -> Iterator[Backup]:
    """Removes the backups that retention does not keep, and yields each one after its removal."""
    for backup in candidates(pruning):
        remove(pruning.remote, backup)
        yield backup


def candidates(pruning: Pruning) -> list[Backup]:
    """Returns the backups to remove: those beyond the number to keep, and leftovers of interrupted runs.

    Leftovers are kept if there is no good backup, or if other projects or databases have backups under the same alias:
    the leftovers may be theirs. Raises DjangoRcloneError if the remote's listing is incomplete: a backup that is not
    listed may still exist.
    """
    owner, keep, now = pruning.owner, pruning.keep, pruning.now
    listed = catalog.load(pruning.remote, pruning.names, owner.alias)
    _check_new_backup_is_listed(pruning, listed)
    own = _certainly_owned(listed, owner)
    if keep is not None:
        _warn_of_uncounted(listed, owner)
    in_future = [backup for backup in own if dated_ahead(backup, now)]
    if in_future:
        logger.warning(
            'Database "%s": %d backups are dated in the future (it is %s now). They are kept and do not count: %s. A '
            "clock was wrong when they were made, or this machine's is wrong now.",
            *(owner.alias, len(in_future), display.utc(now)),
            display.enumerate_some(backup.file for backup in in_future),
        )
    surplus = retention.surplus(own, keep, now=now, new_id=pruning.new_id) if keep is not None else []
    good = [backup.moment for backup in own if backup.state is BackupState.GOOD and backup not in in_future]
    if not good or any(backup not in own and not _is_unidentified(backup) for backup in listed):
        return surplus
    return [*surplus, *_leftovers(pruning, listed, min(now, max(good)))]


def _check_new_backup_is_listed(pruning: Pruning, listed: Sequence[Backup]) -> None:
    new_id = pruning.new_id
    if new_id and not any(backup.id == new_id and backup.state is BackupState.GOOD for backup in listed):
        raise DjangoRcloneError(
            f'Database "{pruning.owner.alias}": the listing of the remote "{pruning.remote.where}" does not show the '
            f"backup {new_id}, which was just made, as good. {_UNTOUCHED}"
        )


def _certainly_owned(listed: Sequence[Backup], owner: Owner) -> list[Backup]:
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


def _warn_of_uncounted(listed: Sequence[Backup], owner: Owner) -> None:
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


def _is_unidentified(backup: Backup) -> bool:
    """Returns whether a backup has no readable manifest, and so no known owner. Excludes unverified backups."""
    return not backup.manifest.point and backup.state is not BackupState.UNVERIFIED


def _leftovers(pruning: Pruning, listed: Sequence[Backup], now: datetime) -> Iterator[Backup]:
    """Yields the leftovers of interrupted runs.

    ``now`` must not be later than the newest good backup: if this machine's clock is ahead, a file that another machine
    is writing looks old. For the same reason, the storage's time of the file counts too.
    """
    remote, timeout = pruning.remote, pruning.timeout
    ids_with_manifest = {backup.id for backup in listed if backup.manifest.id}
    leftovers = retention.leftovers(listed, now, timeout)
    if leftovers:
        _check_for_manifests(remote, {backup.id for backup in leftovers} - ids_with_manifest)
    for backup in leftovers:
        stored = remote.stored_at(backup.path)
        old = stored is None or retention.leftovers([replace(backup, modified=stored)], now, timeout)
        if old and (backup.id in ids_with_manifest or _has_no_manifest(pruning, backup)):
            yield backup


def _check_for_manifests(remote: Remote, ids: Collection[str]) -> None:
    """Lists the manifests again, and raises DjangoRcloneError if one has an id in ``ids``.

    The name of an object from an earlier version does not determine its manifest's name, so it cannot be requested.
    """
    for entry in remote.files(MANIFEST_DIR):
        name = parse_manifest_name(entry.path)
        if name and name.id in ids:
            raise DjangoRcloneError(
                f'The remote "{remote.where}" has {name.path}, which its listing did not show before. {_UNTOUCHED}'
            )


def _has_no_manifest(pruning: Pruning, backup: Backup) -> bool:
    """Returns whether an object certainly has no manifest. Raises DjangoRcloneError if it has an unlisted one."""
    remote = pruning.remote
    manifest = pruning.names.manifest_of(backup.path)
    if backup.state is BackupState.PARTIAL and manifest is None:
        return True  # a file with such a name is never complete
    if manifest is None:
        logger.warning(
            "%s is kept: its name does not show whether it has a manifest. Delete it by hand if you do not need it.",
            backup.path,
        )
        return False
    if remote.stat(manifest.path) is not None:
        raise DjangoRcloneError(
            f'The listing of the remote "{remote.where}" does not show {manifest.path}, which exists. {_UNTOUCHED}'
        )
    return True


def remove(remote: Remote, backup: Backup) -> None:
    """Deletes a backup: first its manifest, so that the backup ceases to exist at once, then its objects."""
    manifest = backup.manifest
    for stored in manifest.objects:
        problem = object_path_problem(stored.path, manifest.id) if manifest.id else path_problem(stored.path)
        if problem:
            raise DjangoRcloneError(f"{display.one_line(stored.path)} {problem}: it is not removed.")
    if manifest.point:
        remote.delete(ManifestName(manifest.point, manifest.database, manifest.id).path)
    for stored in manifest.objects:
        remote.delete(stored.path)
