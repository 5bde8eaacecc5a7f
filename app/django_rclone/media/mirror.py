"""The mirror of MEDIA_ROOT on the remote: its folder, its files, and the project that owns it."""

from __future__ import annotations

from urllib.parse import unquote

from django_rclone import conf, media_record, setting_names
from django_rclone.display import enumerate_some
from django_rclone.exceptions import ConfigurationError
from django_rclone.media import record_store
from django_rclone.media_record import MediaRecord
from django_rclone.rclone import crypt
from django_rclone.rclone.entries import Entry
from django_rclone.rclone.remote import Remote


def project_name(given: str | None = None) -> str:
    """Returns the given project name, or this project's if none is given."""
    return str(conf.get("PROJECT")) if given is None else given


def locate(remote: Remote, project: str | None = None) -> str:
    """Returns the folder of a project's mirror, relative to the remote's root. The default is this project.

    Before version 1.0 all projects had their mirrors in the common folder. A mirror there stays in use if its record
    names the project.
    """
    name, folder = project_name(project), conf.get("MEDIA_BACKUP_DIR")
    separate, common = media_record.mirror_folder(name, folder), media_record.mirror_folder("", folder)
    if name and remote.stat(media_record.path(separate)) is None:
        record = record_store.read(remote, common)
        if record is not None and record.project == name:
            return common
    return separate


def files(remote: Remote, folder: str) -> list[Entry]:
    """Returns the files of the mirror, sorted by path."""
    crypt.check_password(remote)
    return sorted(remote.files(folder, recursive=True), key=lambda file: file.path)


def own_record(remote: Remote, folder: str, project: str) -> MediaRecord | None:
    """Returns the record of a mirror. Raises ConfigurationError if it names another project."""
    record = record_store.read(remote, folder)
    if record is not None and record.project != project:
        owner = f'the project "{record.project}"' if record.project else "a project without a name"
        this = f'this project is "{project}"' if project else "this project has no name"
        raise ConfigurationError(
            f"The mirror {remote.path(folder)} belongs to {owner}, and {this}: it is neither changed nor restored. "
            f"{setting_names.current().separate_mirrors}"
        )
    return record


def describe_others(remote: Remote, folder: str) -> str:
    """Returns the other mirrors on the remote, as a sentence; empty if there are none."""
    folders = sorted(unquote(entry.path.removesuffix(".json")) for entry in remote.files(media_record.RECORDS))
    others = [other for other in folders if other != folder]
    if not others:
        return ""
    question = setting_names.current().is_project_right
    return f" The remote has mirrors in other folders: {enumerate_some(others)}. {question}"
