"""Backup and restore of the media files."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from django_rclone import conf
from django_rclone.exceptions import ConfigurationError
from django_rclone.media import backup, mirror
from django_rclone.media import restore as media_restore
from django_rclone.media.restore import Preview
from django_rclone.media.sync_log import Changes
from django_rclone.rclone.remote import Remote
from django_rclone_sidecar import logs
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.settings import build as project_settings

logger = logging.getLogger(__name__)


def require_folder(sidecar: Sidecar) -> None:
    """Raises ConfigurationError, with the reason, if the target has no folder of media files."""
    root, origin = project_settings.media_root(sidecar.environment, sidecar.target)
    if not root:
        raise ConfigurationError(f"There are no media files: {origin}. Set BACKUP_MEDIA_ROOT.")


def is_included(sidecar: Sidecar, remote: Remote) -> bool:
    """Returns whether a run backs up the media files too. Raises ConfigurationError if it must and there are none.

    With BACKUP_MEDIA=auto, a missing folder is skipped only while the remote has no mirror of it.
    """
    choice = sidecar.environment.get("BACKUP_MEDIA")
    root, origin = project_settings.media_root(sidecar.environment, sidecar.target)
    if choice == "off":
        return False
    if choice == "on":
        require_folder(sidecar)
        return True
    if not root:
        logger.info("Media files: none, %s.", origin, extra={"event": "media.none"})
        return False
    if sidecar.environment.is_set("BACKUP_MEDIA_ROOT") or Path(root).is_dir():
        return True
    if remote.files(mirror.locate(remote), recursive=True):
        return True  # the backup then reports the missing folder
    logger.warning(
        "Media files are not backed up: %s (from %s) does not exist. Mount it, set BACKUP_MEDIA_ROOT, or set "
        "BACKUP_MEDIA=off.",
        *(root, origin),
        extra={"event": "media.none"},
    )
    return False


def back_up(remote: Remote, *, allow_empty: bool = False, allow_deletes: bool = False) -> None:
    """Makes the mirror equal to the media files, and logs the changes."""
    began = time.monotonic()
    changes = backup.back_up(
        remote,
        mirror.locate(remote),
        allow_empty=allow_empty,
        allow_deletes=allow_deletes,
        limits=conf.limits(),
        quiet=not logs.shows_progress(),
    )
    _log_changes("backed up", "backup", changes, began)


@dataclass(frozen=True, slots=True)
class MediaRestorePlan:
    """Changes that a restore would make."""

    preview: Preview

    def __str__(self) -> str:
        return f"media    in {self.preview.target}: {self.preview}"


def plan(remote: Remote, project: str | None = None) -> MediaRestorePlan:
    """Returns the changes that a restore would make, of the files of ``project`` if given, else of this project."""
    return MediaRestorePlan(media_restore.preview(remote, mirror.locate(remote, project), conf.limits(), project))


def restore(remote: Remote, plan: MediaRestorePlan) -> None:
    """Makes the media files equal to their mirror, and logs the changes."""
    began = time.monotonic()
    changes = media_restore.restore(remote, plan.preview, conf.limits(), quiet=not logs.shows_progress())
    _log_changes("restored", "restore", changes, began)


def _log_changes(done: str, command: str, changes: Changes, began: float) -> None:
    about = {"event": f"media.{command}.done", "bytes": changes.bytes, "seconds": round(time.monotonic() - began, 3)}
    logger.info("Media files %s: %s.", done, changes, extra=about)
