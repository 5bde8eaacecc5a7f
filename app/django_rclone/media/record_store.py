"""The mirror's record on the remote: reads and writes the document that media_record describes."""

from __future__ import annotations

import logging

from django_rclone import media_record, process
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Interrupted, Unavailable
from django_rclone.media_record import MediaRecord
from django_rclone.rclone.errors import Missing
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")


def read(remote: Remote, folder: str) -> MediaRecord | None:
    """Returns the record of the last sync of the mirror in ``folder``; None if there is no readable one.

    Logs a warning if the record is unreadable. A missing record is read a second time before it counts as missing: the
    project in the record decides which files may be deleted.
    """
    path = media_record.path(folder)
    record, problem = _read(remote, path)
    if record is None:
        record, problem = _read(remote, path)
    if problem:
        logger.warning("%s cannot be read: %s. The next backup of the media files writes it again.", path, problem)
    return record


def _read(remote: Remote, path: str) -> tuple[MediaRecord | None, str]:
    """Returns the record at a path, or the reason why it cannot be read; neither if it does not exist."""
    try:
        text = process.run(remote.read(path)).decode(errors="replace")
        return (media_record.parse(text) if text else None), ""  # S3 has no folders: a missing one reads as empty
    except Missing:
        return None, ""
    except (ConfigurationError, Interrupted, Unavailable):
        raise
    except DjangoRcloneError as error:  # not a valid record, or rclone cannot decrypt the file
        return None, str(error)


def write(remote: Remote, record: MediaRecord, *, atomic: bool) -> None:
    """Writes the record of a mirror. A failure is only logged as a warning.

    The files are backed up even then: an error would report a good mirror as bad, and the next run writes the record
    again.
    """
    try:
        remote.put(record.path, record.to_json().encode(), atomic=atomic)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        logger.warning("The media files are backed up, but their record %s was not written: %s", record.path, error)
