"""The recipes for media files: a mirror of MEDIA_ROOT on the remote, and back."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils.module_loading import import_string

from django_rclone import __version__, conf, encryption, mirror, process, signals
from django_rclone.display import Progress
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    Interrupted,
    NothingToRestore,
    Unavailable,
)
from django_rclone.mirror import Mirror
from django_rclone.rclone import Entry, Remote
from django_rclone.rclone_errors import Missing

logger = logging.getLogger("django_rclone")

_FILE_STORAGE = "django.core.files.storage.filesystem.FileSystemStorage"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a sync changed, or (``--dry-run``) would change."""

    copied: int
    deleted: int
    bytes: int

    def __str__(self) -> str:
        files = "file" if self.copied == 1 else "files"
        return f"{self.copied} {files} copied ({self.bytes:,} bytes), {self.deleted} deleted"


def root() -> Path:
    """Returns the folder of the media files. Raises ConfigurationError if the project keeps them in none."""
    storage = settings.STORAGES.get("default", {})
    backend = storage.get("BACKEND", _FILE_STORAGE)
    if not _keeps_files(backend):
        raise ConfigurationError(
            f"Media are kept by {backend}, not in a folder: back them up where they are, with `rclone sync`."
        )
    location = storage.get("OPTIONS", {}).get("location") or settings.MEDIA_ROOT
    if not location:
        raise ConfigurationError("MEDIA_ROOT is not set: there are no media files to speak of.")
    return Path(location)


def _keeps_files(backend: str) -> bool:
    try:
        return issubclass(import_string(backend), FileSystemStorage)
    except ImportError as error:
        raise ConfigurationError(f"The storage of media, {backend}, cannot be imported: {error}.") from error


def back_up(
    remote: Remote,
    folder: str,
    *,
    allow_empty: bool,
    limits: process.Limits,
    quiet: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Changes:
    """Makes the mirror on the remote equal to MEDIA_ROOT, and then writes down there when that was.

    Refuses (ConfigurationError) to put an empty or missing folder over a mirror that has files: an unmounted volume
    looks just like that.
    """
    encryption.check_password(remote)
    source = root()
    if not allow_empty and not _has_files(source) and remote.files(folder, recursive=True):
        state = "is empty" if source.is_dir() else "is not there"
        raise ConfigurationError(
            f"MEDIA_ROOT {source} {state}, but its mirror {remote.path(folder)} has files: is a volume not mounted? "
            "If the media are really gone, empty the folder and say --allow-empty."
        )
    if not source.is_dir():
        raise ConfigurationError(f"MEDIA_ROOT {source} is not there: nothing to back up. Is a volume not mounted?")
    sent = (signals.pre_media_backup, signals.post_media_backup, signals.backup_failed)
    with signals.around(*sent, sender=None):
        started = clock()
        changes = _sync(remote, str(source), remote.path(folder), limits, quiet=quiet)
        about = {field: getattr(changes, field) for field in ("copied", "deleted", "bytes")}
        made = Mirror(folder, conf.get("PROJECT"), started, clock(), **about, django_rclone=__version__)
        _write_down(remote, made)
    return changes


def _write_down(remote: Remote, made: Mirror) -> None:
    """Writes when the mirror was made equal. Where that fails the files are safe all the same, and so it is a warning:
    an error would call a good mirror bad, and the next run writes anew."""
    try:
        remote.put(made.path, made.to_json().encode(), atomic=remote.abilities().atomic)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        logger.warning("The media files are backed up, but %s, which says when, was not written: %s", made.path, error)


def last(remote: Remote, folder: str) -> Mirror | None:
    """Returns what the remote says of the last time that the mirror was made equal; None if it says nothing that can
    be read, with a warning where something is there."""
    path = mirror.path(folder)
    if remote.stat(path) is None:
        return None
    try:
        return mirror.parse(process.run(remote.read(path)).decode(errors="replace"))
    except Missing:
        return None
    except (ConfigurationError, Interrupted, Unavailable):
        raise
    except DjangoRcloneError as error:  # no record, or no file that rclone can decrypt
        logger.warning("%s cannot be read: %s. The next backup of the media files writes it anew.", path, error)
    return None


def listed(remote: Remote, folder: str) -> list[Entry]:
    """Returns the files of the mirror, by path."""
    encryption.check_password(remote)
    return sorted(remote.files(folder, recursive=True), key=lambda file: file.path)


def preview(remote: Remote, folder: str, limits: process.Limits) -> Changes:
    """Returns what a restore would change. Raises NothingToRestore if there is no mirror, or it is empty."""
    encryption.check_password(remote)
    if not remote.files(folder, recursive=True):
        raise NothingToRestore(f"There are no media files in {remote.path(folder)}.")
    return _sync(remote, remote.path(folder), str(root()), limits, "--dry-run", quiet=True)


def restore(remote: Remote, folder: str, limits: process.Limits, *, quiet: bool = False) -> Changes:
    """Makes MEDIA_ROOT equal to the mirror; files that the mirror lacks are deleted. Returns what changed."""
    sent = (signals.pre_media_restore, signals.post_media_restore, signals.restore_failed)
    with signals.around(*sent, sender=None):
        return _sync(remote, remote.path(folder), str(root()), limits, quiet=quiet)


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(not path.is_dir() for path in folder.rglob("*"))


def _sync(remote: Remote, source: str, destination: str, limits: process.Limits, *flags: str, quiet: bool) -> Changes:
    """Runs ``rclone sync`` and returns its own account of what it did."""
    account = _Account()
    progress = Progress("media", lambda: account.changes.bytes, quiet=quiet)

    def hear(line: str) -> None:
        account.hear(line)
        progress.tick()

    try:
        process.run(remote.sync(source, destination, *flags), timeout=limits.timeout, hear=hear)
    finally:
        progress.close()
    return account.changes


class _Account:
    """The last statistics among the JSON lines that rclone logs."""

    def __init__(self) -> None:
        self.changes = Changes(0, 0, 0)

    def hear(self, line: str) -> None:
        try:
            stats = json.loads(line)["stats"]
            self.changes = Changes(stats["transfers"], stats["deletes"], stats["bytes"])
        except (ValueError, KeyError, TypeError):
            return
