"""Record of each mirror of media files: its project, and the time of its last sync."""

from __future__ import annotations

import logging
from urllib.parse import unquote

from django_rclone import conf, process, setting_names
from django_rclone import media_record as record
from django_rclone.display import enumerate_some
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Interrupted, Unavailable
from django_rclone.media_record import Mirror
from django_rclone.rclone.errors import Missing
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")


def located(remote: Remote, project: str | None = None) -> str:
    """Returns the folder of a project's mirror, relative to the remote's root. The default is this project.

    A mirror that was made in the common folder, before each project had a separate one, stays there if its record
    names the project.
    """
    name, folder = project_name(project), conf.get("MEDIA_BACKUP_DIR")
    own, common = record.folder_of(name, folder), record.folder_of("", folder)
    if name and remote.stat(record.path(own)) is None:
        before = last(remote, common)
        if before is not None and before.project == name:
            return common
    return own


def project_name(given: str | None = None) -> str:
    """Returns the given project name, or this project's if none is given."""
    return str(conf.get("PROJECT")) if given is None else given


def write_down(remote: Remote, made: Mirror, *, atomic: bool) -> None:
    """Writes the record of a mirror. A failure is only logged as a warning.

    The files are backed up even then, an error would report a good mirror as bad, and the next run writes it again.
    """
    try:
        remote.put(made.path, made.to_json().encode(), atomic=atomic)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        logger.warning("The media files are backed up, but %s, which says when, was not written: %s", made.path, error)


def last(remote: Remote, folder: str) -> Mirror | None:
    """Returns the record of the mirror's last sync; None if there is no readable one.

    Logs a warning for an unreadable record. A missing record is read a second time before it counts as missing: the
    project in the record decides which files may be deleted.
    """
    path = record.path(folder)
    found, problem = _read(remote, path)
    if found is None:
        found, problem = _read(remote, path)
    if problem:
        logger.warning("%s cannot be read: %s. The next backup of the media files writes it anew.", path, problem)
    return found


def _read(remote: Remote, path: str) -> tuple[Mirror | None, str]:
    """Returns the record at a path, or the reason why it cannot be read; neither if it does not exist."""
    try:
        text = process.run(remote.read(path)).decode(errors="replace")
        return (record.parse(text) if text else None), ""  # S3 has no folders: a missing one reads as empty
    except Missing:
        return None, ""
    except (ConfigurationError, Interrupted, Unavailable):
        raise
    except DjangoRcloneError as error:  # not a valid record, or rclone cannot decrypt the file
        return None, str(error)


def own(remote: Remote, folder: str, project: str) -> Mirror | None:
    """Returns the record of a mirror. Raises ConfigurationError if it names another project."""
    found = last(remote, folder)
    if found is not None and found.project != project:
        theirs = f'of the project "{found.project}"' if found.project else "of a project without a name"
        ours = f'this is "{project}"' if project else "this one has no name"
        raise ConfigurationError(
            f"The mirror {remote.path(folder)} is {theirs}, and {ours}: it is neither changed nor restored. "
            f"{setting_names.current().separate_mirrors}"
        )
    return found


def others(remote: Remote, folder: str) -> str:
    """Returns the other mirrors on the remote, as a sentence; empty if there are none."""
    found = sorted(unquote(entry.path.removesuffix(".json")) for entry in remote.files(record.RECORDS))
    names = [name for name in found if name != folder]
    if not names:
        return ""
    return (
        f" The remote has mirrors in other folders: {enumerate_some(names)}. {setting_names.current().is_project_right}"
    )
