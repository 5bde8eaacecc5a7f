"""Restore of the media files: a preview by dry run, and the sync that makes MEDIA_ROOT equal to the mirror."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from django_rclone import process, signals
from django_rclone.display import enumerate_some
from django_rclone.exceptions import DjangoRcloneError, NothingToRestore
from django_rclone.media import lock, media_root, mirror, symlinks
from django_rclone.media.sync import comparison_flags, sync
from django_rclone.media.sync_log import Changes, SyncLog
from django_rclone.rclone import crypt
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")


@dataclass(frozen=True, slots=True)
class Preview:
    """Changes that a restore would make."""

    folder: str
    """Folder of the mirror, relative to the remote's root."""
    target: Path
    """MEDIA_ROOT."""
    changes: Changes
    mirror_folders: frozenset[str]
    """Folders of the mirror that contain files, relative to it."""
    links: frozenset[str]
    """Links in MEDIA_ROOT on the paths of these folders. Filters exclude all files below them."""

    def __str__(self) -> str:
        changes = self.changes
        return f"{changes.copied} files to copy ({changes.bytes:,} bytes), {changes.deleted} to delete"


def preview(remote: Remote, folder: str, limits: process.Limits, project: str | None = None) -> Preview:
    """Returns the changes that a restore would make.

    Raises NothingToRestore if there is no mirror or it is empty; ConfigurationError if it belongs to another project,
    or if files would be written through a link; DjangoRcloneError if two listings of the mirror differ.
    """
    crypt.check_password(remote)
    record = mirror.own_record(remote, folder, mirror.project_name(project))
    mirrored = {file.path for file in remote.files(folder, recursive=True)}
    if not mirrored:
        others = mirror.describe_others(remote, folder)
        raise NothingToRestore(f"There are no media files in {remote.path(folder)}.{others}")
    target = media_root.path()
    media_root.refuse_overlap(remote, target)
    if record is not None and record.source not in ("", str(target)):
        logger.warning("The mirror %s was made from %s on %s.", remote.path(folder), record.source, record.host)
    mirror_folders = frozenset(media_root.parent(file) for file in mirrored)
    links = symlinks.topmost_links(target, mirror_folders)  # before the dry run: it must see each of them
    written_folders, unlisted = set[str](), set[str]()

    def copy(name: str, _size: int) -> None:
        written_folders.add(media_root.parent(name))

    def delete(name: str) -> None:
        if name in mirrored:
            unlisted.add(name)

    flags = (*comparison_flags(remote, remote.abilities()), "--dry-run")
    log = SyncLog(on_copy=copy, on_delete=delete)
    sync(remote, remote.path(folder), str(target), limits, *flags, quiet=True, log=log)
    symlinks.refuse_links(target, symlinks.topmost_links(target, written_folders))
    if unlisted:
        raise DjangoRcloneError(
            f"The mirror {remote.path(folder)} was listed twice, and the second listing lacks "
            f"{enumerate_some(sorted(unlisted))}: a restore would delete these files. Nothing was changed. Check what "
            "else writes there, and try again."
        )
    return Preview(folder, target, log.changes, mirror_folders, frozenset(links))


def restore(remote: Remote, planned: Preview, limits: process.Limits, *, quiet: bool = False) -> Changes:
    """Makes MEDIA_ROOT equal to the mirror and returns the changes; files that the mirror lacks are deleted.

    No more files are deleted than the preview counted. Raises ConfigurationError if files would be written through a
    link that was made after the preview.
    """
    target = planned.target
    with (
        lock.held(target),
        signals.around(signals.pre_media_restore, signals.post_media_restore, signals.restore_failed, sender=None),
    ):
        links = symlinks.topmost_links(target, planned.mirror_folders)
        symlinks.refuse_links(target, (link for link in links if link not in planned.links))
        flags = (*comparison_flags(remote, remote.abilities()), "--max-delete", str(planned.changes.deleted))
        log = sync(remote, remote.path(planned.folder), str(target), limits, *flags, quiet=quiet)
    for warning in log.warnings():
        logger.warning("Media files: %s", warning)
    return log.changes
