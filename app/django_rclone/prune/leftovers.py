"""Leftovers of interrupted runs: the files that certainly belong to no backup."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django_rclone import retention
from django_rclone.catalog import Backup, BackupState
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout.folders import MANIFEST_DIR
from django_rclone.layout.manifest_paths import parse_manifest_name
from django_rclone.prune.pruning import Pruning
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")

UNTOUCHED = "Nothing was removed. Check rclone's configuration and environment for filters that hide files."


def find(pruning: Pruning, listed: Sequence[Backup], now: datetime) -> Iterator[Backup]:
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
                f'The remote "{remote.where}" has {name.path}, which its listing did not show before. {UNTOUCHED}'
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
            f'The listing of the remote "{remote.where}" does not show {manifest.path}, which exists. {UNTOUCHED}'
        )
    return True
