"""One ``rclone sync`` of the media files, and its account of the changes."""

from __future__ import annotations

import logging

from django_rclone import process
from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone.media.sync_log import Account
from django_rclone.process.progress import Progress
from django_rclone.rclone.abilities import Abilities
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")

# Overrides settings that would otherwise decide which files of MEDIA_ROOT rclone reads.
_LINKS = ("--links=false", "--skip-links=false", "--one-file-system=false")


def comparison(remote: Remote, can: Abilities) -> tuple[str, ...]:
    """Returns the flags for detecting changed files; none (size and time) if the storage keeps times.

    Without times rclone would compare only sizes, and never send a changed file of the same size.
    """
    if can.times:
        return ()
    if can.hashes and remote.base is None:
        return ("--checksum",)
    logger.warning(
        'Remote "%s" keeps neither times nor hashes of files: nothing shows what has changed, so all are transferred.',
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
    account: Account | None = None,
    follow_links: bool = False,
) -> Account:
    """Runs ``rclone sync`` and returns its account. Raises DjangoRcloneError on failure or without statistics."""
    account = account or Account()
    progress = Progress("media", lambda: account.changes.bytes, quiet=quiet)

    def read_line(line: str) -> None:
        account.read_line(line)
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
        if account.errors:
            raise type(error)(f"{str(error).removesuffix('.')}. {_told(account)}") from error
        raise
    finally:
        progress.close()
    if not account.complete:
        raise DjangoRcloneError("rclone did not report what it transferred, so nothing shows that the files are equal.")
    return account


def _told(account: Account) -> str:
    """Returns the first errors, with an explanation if their cause is known."""
    errors = "; ".join(account.errors)
    if "--max-delete threshold reached" in errors:
        return (
            "There were more files to delete than were counted before: what is copied changed meanwhile, or where it "
            "is copied to. No more than counted were deleted. Look at MEDIA_ROOT and its mirror, then run it again."
        )
    if ".partial" in errors and "no such file" in errors:
        return f"Another run writes to the same mirror: let one of them do it. First errors: {errors}"
    return f"First errors: {errors}"
