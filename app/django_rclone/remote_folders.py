"""Checks of the folders in the settings: they may not overlap with each other or with a reserved folder. Pure."""

from __future__ import annotations

import unicodedata

from django_rclone import media_record as record
from django_rclone import vocabulary
from django_rclone.layout.folders import RESERVED


def problem(value: str) -> str:
    """Returns the problem of a folder, as a clause that follows the setting's name; empty if it is valid."""
    parts = value.strip("/").split("/")
    if not _key(value):
        return "must be the name of a folder on the remote"
    if value.startswith("/") or any(part in (".", "..") for part in _key(value)) or {".", ".."} & set(parts):
        return f"must be a folder below {vocabulary.current().setting('REMOTE')}: no leading slash, no '.' or '..'"
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        return "must be the name of a folder: no control characters"
    for name, reason in RESERVED.items():
        if _key(value)[:1] == _key(name):
            return f"cannot be {value!r}: {reason}"
    return ""


def overlap(databases: str, media: str, project: str) -> str:
    """Returns a sentence if the two folders overlap, else an empty string.

    A sync deletes all files that it did not write: in a shared folder, it would delete the databases' backups.
    """
    for mirrored in dict.fromkeys((record.folder_of("", media), record.folder_of(project, media))):
        one, other = _key(databases), _key(mirrored)
        shorter = min(len(one), len(other))
        if one[:shorter] == other[:shorter]:
            names = vocabulary.current()
            return (
                f"{names.item('MEDIA_BACKUP_DIR')} ({media!r}) and {names.item('DB_BACKUP_DIR')} ({databases!r}) are "
                "the same folder, or one contains the other: a backup of the media files would delete the backups of "
                "the databases. Choose two separate folders."
            )
    return ""


def _key(folder: str) -> tuple[str, ...]:
    """Returns a folder's parts, normalized: two folders are equal if any storage treats them as the same. Ignores case,
    Unicode forms, repeated slashes, and dots and spaces at the end, which Windows servers drop."""
    parts = unicodedata.normalize("NFKC", folder).casefold().replace("\\", "/").split("/")
    trimmed = (part if part in (".", "..") else part.strip().rstrip(". ") for part in parts)
    return tuple(unicodedata.normalize("NFKC", part) for part in trimmed if part)
