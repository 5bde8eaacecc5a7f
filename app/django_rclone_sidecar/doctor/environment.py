"""Checks of the target project, environment variables, settings, media files and state folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.core import checks as django_checks

from django_rclone import conf
from django_rclone.checks import TAG
from django_rclone.exceptions import Locked
from django_rclone.media import mirror
from django_rclone.media.media_root import MediaFolder
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.doctor.finding import Finding, fail, ok, warn
from django_rclone_sidecar.runs import lock
from django_rclone_sidecar.settings import build


def target(sidecar: Sidecar) -> Iterator[Finding]:
    """Databases, and the source of their settings."""
    for alias in sidecar.aliases:
        origin = sidecar.target.origins.get(alias, "")
        where = build.describe(sidecar.target.databases[alias])
        yield ok("target", message=f'database "{alias}" is {where} (from {origin})')
    for alias in sorted(set(sidecar.target.databases) - set(sidecar.aliases)):
        yield ok("target", message=f'database "{alias}" is not backed up: it is not in BACKUP_DATABASES')
    for note in sidecar.target.notes:
        yield warn("target", message=note)


def environment(sidecar: Sidecar) -> Iterator[Finding]:
    """Unknown environment variables."""
    for warning in sidecar.environment.warnings:
        yield warn("environment", message=warning)
    if not sidecar.environment.is_set("BACKUP_KEEP_LAST"):
        yield ok("environment", message="BACKUP_KEEP_LAST is not set: all backups are kept")


def settings(_sidecar: Sidecar) -> Iterator[Finding]:
    """The system checks of django_rclone."""
    for message in django_checks.run_checks(tags=[TAG]):
        if message.id in (f"{TAG}.W003", f"{TAG}.W004", f"{TAG}.W005"):
            continue  # covered by the checks of rclone and clients
        finding = fail if message.level >= django_checks.ERROR else warn
        yield finding("settings", message=f"{message.msg} {message.hint or ''}".strip())


def media(sidecar: Sidecar) -> Iterator[Finding]:
    """The folder of the media files."""
    root, origin = build.media_root(sidecar.environment, sidecar.target)
    choice = sidecar.environment.get("BACKUP_MEDIA")
    if choice == "off":
        yield ok("media", message="off: BACKUP_MEDIA")
    elif not root:
        yield (fail if choice == "on" else ok)("media", message=f"none, {origin}. Set BACKUP_MEDIA_ROOT to a folder.")
    elif not Path(root).is_dir():
        remedy = "Mount it, set BACKUP_MEDIA_ROOT, or set BACKUP_MEDIA=off."
        must = choice == "on" or sidecar.environment.is_set("BACKUP_MEDIA_ROOT")
        yield (fail if must else warn)("media", message=f"{root} (from {origin}) does not exist. {remedy}")
    elif not os.access(root, os.R_OK | os.X_OK):
        yield fail("media", message=f"{root} cannot be read by user {os.getuid()}. Run as a user with read permission.")
    else:
        yield from _media_folder(root, origin)


def _media_folder(root: str, origin: str) -> Iterator[Finding]:
    remote = conf.remote()
    folder = MediaFolder(Path(root), follow_links=conf.get("MEDIA_FOLLOW_LINKS"))
    if not folder.has_files() and remote.files(mirror.locate(remote), recursive=True):
        yield fail("media", message=f"{root} is empty, but its mirror is not. Is a volume not mounted?")
        return
    yield ok("media", message=f"{root} (from {origin}) can be read")
    if not os.access(root, os.W_OK):
        yield warn("media", message=f"{root} is not writable: a restore of media files needs that.")


def state(sidecar: Sidecar) -> Iterator[Finding]:
    """The state folder and its lock."""
    folder = sidecar.environment.get("BACKUP_STATE_DIR")
    try:
        with lock.held(folder):
            yield ok("state", message=f"{folder} can be locked")
    except Locked:
        yield ok("state", message=f"{folder} is locked by a run")
