"""Folders and files at the root of a remote that have a fixed use. No backup may be stored under these names."""

from __future__ import annotations

from collections.abc import Mapping

MANIFEST_DIR = "manifests"
PROJECT_DIR = "projects"
"""Folder of the mirrors of projects with a name; each has a subfolder."""

RESTORE_GUIDE = "RESTORE.md"
"""File with the instructions to restore without django-rclone."""

ENCRYPTED_DIR = "encrypted"
"""Folder of encrypted backups, below the remote's root. It holds everything but RESTORE.md."""

RESERVED: Mapping[str, str] = {
    MANIFEST_DIR: "it holds the manifests",
    "media-history": "it is reserved",
    PROJECT_DIR: "it holds the media files of projects with a name",
    ENCRYPTED_DIR: "it holds the encrypted backups",
    RESTORE_GUIDE: "it is the file with the instructions to restore",
}
"""Names at the remote's root that have another use, with the reason: no backup may be stored there. They are compared
without regard to case, because some backends ignore case."""
