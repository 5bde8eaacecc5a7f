"""The recipe of pruning: old backups go after a new one is proven, and so does what dead runs left behind."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django_rclone import catalog, display, naming, retention, vocabulary
from django_rclone.catalog import Backup, State
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.naming import ManifestName, Scheme
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner, dated_ahead

logger = logging.getLogger("django_rclone")

_UNTOUCHED = "Nothing was removed. Look for what hides files from rclone: filters in its configuration or environment."


def remove(remote: Remote, backup: Backup) -> None:
    """Deletes a backup: its manifest first, so that it is gone at once; then its objects."""
    manifest = backup.manifest
    for stored in manifest.objects:
        problem = (
            naming.object_path_problem(stored.path, manifest.id) if manifest.id else naming.path_problem(stored.path)
        )
        if problem:
            raise DjangoRcloneError(f"{display.one_line(stored.path)} {problem}: it is not removed.")
    if manifest.point:
        remote.delete(ManifestName(manifest.point, manifest.database, manifest.id).path)
    for stored in manifest.objects:
        remote.delete(stored.path)


def candidates(
    remote: Remote,
    names: Scheme,
    owner: Owner,
    *,
    keep: int | None,
    now: datetime,
    timeout: float | None,
    made: str = "",
) -> list[Backup]:
    """Returns what retention would remove of this owner's backups; with ``keep`` None only what dead runs left.

    ``made`` is the id of the backup that this run has made. Raises DjangoRcloneError where the listing does not show
    it, or hides a manifest that is there: what cannot be seen must not be taken for gone. Where others keep backups
    under the same alias, what has no manifest may be theirs: it stays.
    """
    found = catalog.load(remote, names, owner.alias)
    if made and not any(backup.id == made and backup.state is State.GOOD for backup in found):
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
    surplus = retention.surplus(ours, keep, now=now, made=made) if keep is not None else []
    proven = [backup.moment for backup in ours if backup.state is State.GOOD and backup not in late]
    if not proven or any(backup not in ours and not _without_label(backup) for backup in found):
        return surplus
    left = _left(remote, names, found, min(now, max(proven)), timeout)
    return [*surplus, *left]


def _ours(found: Sequence[Backup], owner: Owner) -> list[Backup]:
    """Returns what is certainly this owner's, and says what only looks like it."""
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
    """Says what a project's earlier self may have made: before it had a name, or its database another one. Retention
    does not see it, and it would stay unnoticed for ever."""
    good = [backup for backup in found if owner.project and backup.state is State.GOOD]
    nameless = [one for one in good if not one.manifest.project and one.manifest.name == owner.name]
    renamed = [one for one in good if owner.owns(one) and one.manifest.name != owner.name]
    for left, what in ((nameless, "without a project's name"), (renamed, "of the project's databases of other names")):
        if left:
            logger.warning(
                'Database "%s": %d backups %s do not count, and stay: %s. Delete by hand what is not needed.',
                *(owner.alias, len(left), what, display.enumerate_some(backup.file for backup in left)),
            )


def _without_label(backup: Backup) -> bool:
    """Tells whether nothing says whose a backup is, and nobody would miss it."""
    return not backup.manifest.point and backup.state is not State.UNVERIFIED


def _left(
    remote: Remote, names: Scheme, found: Sequence[Backup], now: datetime, timeout: float | None
) -> Iterator[Backup]:
    """Gives what dead runs left. ``now`` is no later than the newest good backup: by the clock of this machine alone,
    what another one is writing could look old."""
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
    """Lists the manifests once more. Raises DjangoRcloneError where one has an id of which none was shown before: the
    name of an object that an earlier version has made does not tell what its manifest is called."""
    for entry in remote.files(naming.MANIFEST_DIR):
        name = naming.parse_manifest_name(entry.path)
        if name and name.id in unshown:
            raise DjangoRcloneError(
                f'The remote "{remote.where}" has {name.path}, which its listing did not show before. {_UNTOUCHED}'
            )


def _has_no_manifest(remote: Remote, names: Scheme, backup: Backup) -> bool:
    """Asks for the manifest of an object that seems to have none. Raises DjangoRcloneError where it is there."""
    manifest = names.manifest_of(backup.path)
    if backup.state is State.PARTIAL and manifest is None:
        return True  # nothing is whole that bears this name
    if manifest is None:
        logger.warning("%s has no manifest, as far as its name tells. It stays: delete it by hand.", backup.path)
        return False
    if remote.stat(manifest.path) is not None:
        raise DjangoRcloneError(
            f'The listing of the remote "{remote.where}" does not show {manifest.path}, which is there. {_UNTOUCHED}'
        )
    return True


def prune(
    remote: Remote,
    names: Scheme,
    owner: Owner,
    *,
    keep: int | None,
    now: datetime,
    timeout: float | None,
    made: str = "",
) -> Iterator[Backup]:
    """Removes what retention says of this owner's backups, and gives each when it is gone."""
    for backup in candidates(remote, names, owner, keep=keep, now=now, timeout=timeout, made=made):
        remove(remote, backup)
        yield backup
