"""Recipes for media files: backup to a mirror of MEDIA_ROOT on the remote, preview, and restore."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.utils.module_loading import import_string

from django_rclone import __version__, conf, process, signals, vocabulary
from django_rclone.display import enumerate_some
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, NothingToRestore
from django_rclone.media import deletion_budget, media_root, record_store
from django_rclone.media.media_root import MediaFolder
from django_rclone.media.record_store import last, located
from django_rclone.media.sync import comparison, sync
from django_rclone.media.sync_log import Account, Changes
from django_rclone.media_record import Mirror
from django_rclone.rclone import crypt, local_folders
from django_rclone.rclone.entries import Entry
from django_rclone.rclone.remote import Remote

__all__ = ["Changes", "back_up", "last", "listed", "located", "preview", "restore", "root"]

logger = logging.getLogger("django_rclone")

_FILE_STORAGE = "django.core.files.storage.filesystem.FileSystemStorage"


def root() -> Path:
    """Returns the folder of the media files. Raises ConfigurationError if the project does not use one."""
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
    except (ImportError, ImproperlyConfigured) as error:
        raise ConfigurationError(f"The storage of media, {backend}, cannot be imported: {error}.") from error


def back_up(
    remote: Remote,
    folder: str,
    *,
    allow_empty: bool,
    limits: process.Limits,
    allow_deletes: bool = False,
    quiet: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Changes:
    """Makes the mirror on the remote equal to MEDIA_ROOT, then writes its record with the time to the remote.

    Raises ConfigurationError if this would delete most of the mirror: an unmounted volume looks the same.
    """
    crypt.check_password(remote)
    source = root()
    if not source.is_dir():
        if remote.files(folder, recursive=True):
            option = vocabulary.current().media_backup("--allow-empty")
            raise ConfigurationError(
                f"MEDIA_ROOT {source} is not there, but its mirror {remote.path(folder)} has files: is a volume not "
                f"mounted? If the media are really gone, create the empty folder and pass {option}."
            )
        raise ConfigurationError(f"MEDIA_ROOT {source} is not there: nothing to back up. Is a volume not mounted?")
    follow = conf.get("MEDIA_FOLLOW_LINKS")
    if follow:
        media_root.refuse_loops(source)
    with media_root.locked(source):
        _refuse_overlap(remote, source)
        project = record_store.project_name()
        before = record_store.own(remote, folder, project)
        looked = MediaFolder(source, follow_links=follow)
        allowed = allow_deletes if looked.has_files() else allow_empty
        can = remote.abilities()
        compared = comparison(remote, can)
        may_delete = _counted(remote, folder, looked, before, limits, *compared, allowed=allowed)
        sent = (signals.pre_media_backup, signals.post_media_backup, signals.backup_failed)
        with signals.around(*sent, sender=None):
            started = clock()
            hard_stop = () if allowed else ("--max-delete", str(may_delete))
            flags = (*compared, *hard_stop)
            account = sync(remote, str(source), remote.path(folder), limits, *flags, quiet=quiet, follow_links=follow)
            changes = account.changes
            about = {field: getattr(changes, field) for field in ("copied", "deleted", "bytes")}
            made = Mirror(
                folder,
                project,
                started,
                clock(),
                **about,
                django_rclone=__version__,
                host=socket.gethostname(),
                source=str(source),
            )
            record_store.write_down(remote, made, atomic=can.atomic)
        for warning in account.warnings():
            logger.warning("Media files: %s", warning)
    return changes


def _counted(
    remote: Remote,
    folder: str,
    looked: MediaFolder,
    before: Mirror | None,
    limits: process.Limits,
    *compared: str,
    allowed: bool,
) -> int:
    """Counts the changes that a sync would make, and returns how many files it may delete.

    Compares sizes only, which needs listings but no request per file. Only if another folder was mirrored before, files
    are compared as the sync does (``compared``), because they may belong to another project. Raises ConfigurationError
    if the changes need confirmation and ``allowed`` is not set.
    """
    source, plan = root(), deletion_budget.PlannedSync(looked)
    elsewhere = before is not None and before.source not in ("", str(source))
    if elsewhere:
        plan.mirrored = frozenset(file.path for file in remote.files(folder, recursive=True))
    account = Account(plan.copy, plan.delete)
    flags = ("--dry-run", *(compared if elsewhere and "--ignore-times" not in compared else ("--size-only",)))
    follow = looked.follow_links
    sync(remote, str(source), remote.path(folder), limits, *flags, quiet=True, account=account, follow_links=follow)
    has = account.destination
    if elsewhere and before is not None and (plan.deleted or plan.replaced):
        logger.warning(
            "The mirror %s was made of %s on %s before, and is made of %s now. If two projects share it, set a %s "
            "for each.",
            *(remote.path(folder), before.source, before.host, source, vocabulary.current().setting("PROJECT")),
        )
    wrong = deletion_budget.problem(plan, has, elsewhere=elsewhere)
    if wrong and not allowed:
        empty = not looked.has_files()
        option = vocabulary.current().media_backup("--allow-empty" if empty else "--allow-deletes")
        raise ConfigurationError(
            f"MEDIA_ROOT {source} {'is empty' if empty else 'has changed'}, but its mirror {remote.path(folder)} has "
            f"files: is a volume not mounted? A backup now is refused: {wrong}. If that is right, pass "
            f"{option}."
        )
    if plan.lost:
        logger.warning("Folders of the mirror that MEDIA_ROOT has no files of: %s.", enumerate_some(plan.missing()))
    if plan.emptied > deletion_budget.MOST and 2 * plan.emptied > has:
        logger.warning("%d files of MEDIA_ROOT that are sent have no content: were they cut?", plan.emptied)
    return plan.most_allowed(has)


def _refuse_overlap(remote: Remote, folder: Path) -> None:
    if wrong := local_folders.overlap(remote, folder):
        raise ConfigurationError(wrong)


def listed(remote: Remote, folder: str) -> list[Entry]:
    """Returns the files of the mirror, sorted by path."""
    crypt.check_password(remote)
    return sorted(remote.files(folder, recursive=True), key=lambda file: file.path)


def preview(remote: Remote, folder: str, limits: process.Limits, project: str | None = None) -> Changes:
    """Returns the changes that a restore would make.

    Raises NothingToRestore if there is no mirror or it is empty; ConfigurationError if it belongs to another project,
    or if files would be written through a link; DjangoRcloneError if two listings of the mirror differ.
    """
    crypt.check_password(remote)
    made = record_store.own(remote, folder, record_store.project_name(project))
    mirrored = {file.path for file in remote.files(folder, recursive=True)}
    if not mirrored:
        elsewhere = record_store.others(remote, folder)
        raise NothingToRestore(f"There are no media files in {remote.path(folder)}.{elsewhere}")
    target = root()
    _refuse_overlap(remote, target)
    if made is not None and made.source not in ("", str(target)):
        logger.warning("The mirror %s was made of %s on %s.", remote.path(folder), made.source, made.host)
    looked, links, unlisted = MediaFolder(target), dict[str, None](), dict[str, None]()

    def copy(name: str, _size: int) -> None:
        if link := looked.linked(name):
            links[link] = None

    def delete(name: str) -> None:
        if name in mirrored:
            unlisted[name] = None

    account = Account(on_copy=copy, on_delete=delete)
    flags = (*comparison(remote, remote.abilities()), "--dry-run")
    sync(remote, remote.path(folder), str(target), limits, *flags, quiet=True, account=account)
    if links:
        raise ConfigurationError(
            f"MEDIA_ROOT {target} has links where the mirror has folders: {enumerate_some(links)}. Files would be "
            "written to where they lead. Remove the links, or move them away, and restore again."
        )
    if unlisted:
        missing = enumerate_some(sorted(unlisted))
        raise DjangoRcloneError(
            f"The mirror {remote.path(folder)} was listed twice, and the second time without {missing}"
            ": a restore would delete these files. Nothing was changed. Look at what else writes there, and try again."
        )
    return account.changes


def restore(remote: Remote, folder: str, limits: process.Limits, *, planned: Changes, quiet: bool = False) -> Changes:
    """Makes MEDIA_ROOT equal to the mirror and returns the changes; files that the mirror lacks are deleted.

    ``planned`` is the result of ``preview``: no more files are deleted than it counted.
    """
    target = root()
    sent = (signals.pre_media_restore, signals.post_media_restore, signals.restore_failed)
    with media_root.locked(target), signals.around(*sent, sender=None):
        flags = (*comparison(remote, remote.abilities()), "--max-delete", str(planned.deleted))
        account = sync(remote, remote.path(folder), str(target), limits, *flags, quiet=quiet)
    for warning in account.warnings():
        logger.warning("Media files: %s", warning)
    return account.changes
