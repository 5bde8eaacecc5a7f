"""MEDIA_ROOT, the folder of the media files: its path in the settings, and which of its folders have files."""

from __future__ import annotations

import stat
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.utils.module_loading import import_string

from django_rclone import folder_overlap
from django_rclone.exceptions import ConfigurationError
from django_rclone.rclone.remote import Remote

_FILE_STORAGE = "django.core.files.storage.filesystem.FileSystemStorage"

# Files that are found in empty mount points, or that file managers create.
_PLACEHOLDERS = frozenset({".gitkeep", ".gitignore", ".keep", ".ds_store", "thumbs.db", "desktop.ini", ".directory"})
_PLACEHOLDER_FOLDERS = frozenset({"lost+found"})


def path() -> Path:
    """Returns the path of MEDIA_ROOT, which need not exist.

    Raises ConfigurationError if the project does not store its files in a folder.
    """
    storage = settings.STORAGES.get("default", {})
    backend = storage.get("BACKEND", _FILE_STORAGE)
    if not _stores_files(backend):
        raise ConfigurationError(
            f"The media files are stored by {backend}, not in a folder. Back them up there, with `rclone sync`."
        )
    location = storage.get("OPTIONS", {}).get("location") or settings.MEDIA_ROOT
    if not location:
        raise ConfigurationError("MEDIA_ROOT is not set: the project has no media files.")
    media_root = Path(location)
    if _is_file(media_root):
        raise ConfigurationError(
            f"MEDIA_ROOT {media_root} is a file, not a folder. Set it to the folder of the media files."
        )
    return media_root


def _is_file(path: Path) -> bool:
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False


def _stores_files(backend: str) -> bool:
    try:
        return issubclass(import_string(backend), FileSystemStorage)
    except (ImportError, ImproperlyConfigured) as error:
        raise ConfigurationError(f"The storage of the media files, {backend}, cannot be imported: {error}.") from error


def refuse_overlap(remote: Remote, media_root: Path) -> None:
    """Raises ConfigurationError if the remote and MEDIA_ROOT overlap."""
    if problem := folder_overlap.of_media_root(remote, media_root):
        raise ConfigurationError(problem)


class Presence(StrEnum):
    """State in MEDIA_ROOT of a folder that exists in the mirror."""

    FULL = "has files"
    EMPTY = "is empty"
    LINK = "is a link"
    GONE = "does not exist"


class MediaFolder:
    """MEDIA_ROOT and the presence of its folders. Lookups are cached: use one object per sync."""

    def __init__(self, root: Path, *, follow_links: bool = False) -> None:
        self.root = root
        self.follow_links = follow_links
        self._presences: dict[str, Presence] = {}

    def has_files(self) -> bool:
        """Returns whether there are files other than empty files and placeholders such as ``.gitkeep``."""
        return self.root.is_dir() and _has_files(self.root, follow=self.follow_links)

    def presence(self, folder: str) -> Presence:
        """Returns the state of a folder in MEDIA_ROOT."""
        if folder not in self._presences:
            self._presences[folder] = self._look_up(self.root / folder)
        return self._presences[folder]

    def _look_up(self, folder: Path) -> Presence:
        if folder.is_symlink() and not self.follow_links:
            return Presence.LINK
        if not folder.is_dir():
            return Presence.GONE
        return Presence.FULL if _has_files(folder, follow=self.follow_links) else Presence.EMPTY

    def topmost_without_files(self, file: str) -> str:
        """Returns the topmost folder above a file that has no files any more; empty if all have some."""
        folders = with_parents(parent(file))
        return next((folder for folder in folders if self.presence(folder) is not Presence.FULL), "")


def parent(file: str) -> str:
    """Returns the folder of a file, relative to MEDIA_ROOT; empty for MEDIA_ROOT itself."""
    return file.rpartition("/")[0]


def with_parents(folder: str) -> list[str]:
    """Returns a folder of MEDIA_ROOT and the folders above it, topmost first, without MEDIA_ROOT itself."""
    parts = folder.split("/") if folder else []
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _has_files(folder: Path, *, follow: bool) -> bool:
    for parent_path, folders, files in folder.walk(follow_symlinks=follow):
        folders[:] = [name for name in folders if name not in _PLACEHOLDER_FOLDERS]
        if any(name.lower() not in _PLACEHOLDERS and _has_content(parent_path / name, follow=follow) for name in files):
            return True
    return False


def _has_content(file: Path, *, follow: bool) -> bool:
    try:
        found = file.stat(follow_symlinks=follow)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > 0
