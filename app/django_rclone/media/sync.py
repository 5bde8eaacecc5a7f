"""One ``rclone sync`` of the media files: its flags, its progress and its errors."""

from __future__ import annotations

import logging

from django_rclone import process
from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone.media.sync_log import SyncLog
from django_rclone.process.progress import Progress
from django_rclone.rclone.abilities import Abilities
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")

# Overrides settings that would otherwise decide which files of MEDIA_ROOT rclone reads.
_LINKS = ("--links=false", "--skip-links=false", "--one-file-system=false")


def comparison_flags(remote: Remote, abilities: Abilities) -> tuple[str, ...]:
    """Returns the flags for detecting changed files; none (size and time) if the storage keeps times.

    Without times, rclone would compare only sizes and never transfer a changed file of the same size.
    """
    if abilities.times:
        return ()
    if abilities.hashes and remote.base is None:
        return ("--checksum",)
    logger.warning(
        'Remote "%s" keeps neither times nor hashes of files: changes cannot be detected, so all are transferred.',
        remote.where,
    )
    return ("--ignore-times",)


def sync(
    remote: Remote,
    source: str,
    destination: str,
    limits: process.Limits,
    *flags: str,
    quiet: bool,
    log: SyncLog | None = None,
    follow_links: bool = False,
) -> SyncLog:
    """Runs ``rclone sync`` and returns its log. Raises DjangoRcloneError if it fails or reports no statistics."""
    log = log or SyncLog()
    progress = Progress("media", lambda: log.changes.bytes, quiet=quiet)

    def read_line(line: str) -> None:
        log.read_line(line)
        progress.tick()

    # A restore never follows links: it would delete files at their targets. Nor does it write in place: that would
    # write through a link to a file; renaming a file over the link replaces it.
    links = (*_LINKS, f"--copy-links={'true' if follow_links else 'false'}", "--inplace=false")
    try:
        command = remote.sync(source, destination, *links, *flags)
        process.run(command, timeout=limits.timeout, stall=limits.stall, on_line=read_line)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        if log.errors:
            raise type(error)(f"{str(error).removesuffix('.')}. {_explanation(log.errors)}") from error
        raise
    finally:
        progress.close()
    if not log.complete:
        raise DjangoRcloneError("rclone did not report what it transferred: the files may differ. Run it again.")
    return log


def _explanation(first_errors: list[str]) -> str:
    """Returns the first errors, with an explanation if their cause is known."""
    errors = "; ".join(first_errors)
    if "--max-delete threshold reached" in errors:
        return (
            "There were more files to delete than were counted before: MEDIA_ROOT or its mirror has changed "
            "meanwhile. No more files were deleted than counted. Check MEDIA_ROOT and its mirror, and run it again."
        )
    if "Couldn't delete" in errors and "AccessDenied" in errors:
        return f"The mirror's files must be deletable for the backup of media files. First errors: {errors}"
    if ".partial" in errors and "no such file" in errors:
        return f"Another run writes to the same mirror: run one at a time. First errors: {errors}"
    return f"First errors: {errors}"
