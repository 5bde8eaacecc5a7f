"""Overlaps of folders: backups of databases, the mirror of MEDIA_ROOT, the remote and MEDIA_ROOT must be separate.

Otherwise a sync of the media files would delete backups, or copy them.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from django_rclone import media_record as record
from django_rclone import setting_names
from django_rclone.layout.folders import RESERVED
from django_rclone.rclone.local_folders import local_folders
from django_rclone.rclone.remote import Remote


def name_problem(value: str) -> str:
    """Returns the problem of a folder on the remote, as a clause that follows the setting's name; empty if it is valid.

    The folder must not overlap with one that has another use.
    """
    parts = value.strip("/").split("/")
    if not _normalized(value):
        return "must be the name of a folder on the remote"
    if value.startswith("/") or any(part in (".", "..") for part in _normalized(value)) or {".", ".."} & set(parts):
        return f"must be a folder below {setting_names.current().setting('REMOTE')}: no leading slash, no '.' or '..'"
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        return "must be the name of a folder: no control characters"
    for name, reason in RESERVED.items():
        if _normalized(value)[:1] == _normalized(name):
            return f"cannot be {value!r}: {reason}"
    return ""


def of_backup_folders(databases: str, media: str, project: str) -> str:
    """Returns a sentence if DB_BACKUP_DIR and MEDIA_BACKUP_DIR overlap, else an empty string.

    A sync deletes all files that it did not write: in a shared folder, it would delete the databases' backups.
    """
    for mirror in dict.fromkeys((record.mirror_folder("", media), record.mirror_folder(project, media))):
        one, other = _normalized(databases), _normalized(mirror)
        shorter = min(len(one), len(other))
        if one[:shorter] == other[:shorter]:
            names = setting_names.current()
            return (
                f"{names.item('MEDIA_BACKUP_DIR')} ({media!r}) and {names.item('DB_BACKUP_DIR')} ({databases!r}) are "
                "the same folder, or one contains the other: a backup of the media files would delete the backups of "
                "the databases. Choose two separate folders."
            )
    return ""


def _normalized(folder: str) -> tuple[str, ...]:
    """Returns a folder's parts, normalized: two folders are equal if any storage treats them as the same. Ignores case,
    Unicode forms, repeated slashes, and dots and spaces at the end, which Windows servers drop."""
    parts = unicodedata.normalize("NFKC", folder).casefold().replace("\\", "/").split("/")
    trimmed = (part if part in (".", "..") else part.strip().rstrip(". ") for part in parts)
    return tuple(unicodedata.normalize("NFKC", part) for part in trimmed if part)


def of_media_root(remote: Remote, media_root: Path) -> str:
    """Returns a sentence if the remote and MEDIA_ROOT overlap on this machine, else an empty string."""
    for folder in local_folders(remote):
        if is_inside(folder, media_root):
            overlap = (
                f"is in MEDIA_ROOT {media_root}: backups would become media files, and a restore would delete newer "
                "ones"
            )
        elif is_inside(media_root, folder):
            overlap = f"contains MEDIA_ROOT {media_root}: the media files would be among the backups"
        else:
            continue
        return f'Remote "{remote.where}" ({folder}) {overlap}. Choose a remote outside of MEDIA_ROOT.'
    return ""


def is_inside(inner: Path, outer: Path) -> bool:
    """Returns whether ``inner`` is ``outer`` or is inside it, also through links and mounts."""
    inner, outer = Path(os.path.realpath(inner)), Path(os.path.realpath(outer))
    return any(folder == outer or _is_same_file(folder, outer) for folder in (inner, *inner.parents))


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False  # one of them does not exist, or its name is not valid
