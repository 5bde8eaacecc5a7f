"""State of the folder with the media files: whether it has files, what is left of its folders, and its lock."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from django_rclone import setting_names
from django_rclone.exceptions import ConfigurationError, Locked

# Files that are found in empty mount points, or that file managers create.
_PLACEHOLDERS = frozenset({".gitkeep", ".gitignore", ".keep", ".ds_store", "thumbs.db", "desktop.ini", ".directory"})
_PLACEHOLDER_FOLDERS = frozenset({"lost+found"})


class Presence(StrEnum):
    """State of a folder of MEDIA_ROOT that exists in the mirror."""

    FULL = "has files"
    EMPTY = "is empty"
    LINK = "is a link"
    GONE = "is not there"


class MediaFolder:
    """MEDIA_ROOT, with cached lookups: use one object per sync."""

    def __init__(self, root: Path, *, follow_links: bool = False) -> None:
        self._root = root
        self.follow_links = follow_links
        self._seen: dict[str, Presence] = {}
        self._links: dict[str, bool] = {}

    def has_files(self) -> bool:
        """Returns whether there are files other than empty files and placeholders such as ``.gitkeep``."""
        return self._root.is_dir() and _has_files(self._root, follow=self.follow_links)

    def presence(self, folder: str) -> Presence:
        """Returns the state of a folder in MEDIA_ROOT."""
        if folder not in self._seen:
            self._seen[folder] = self._look(self._root / folder)
        return self._seen[folder]

    def _look(self, path: Path) -> Presence:
        if path.is_symlink() and not self.follow_links:
            return Presence.LINK
        if not path.is_dir():
            return Presence.GONE
        return Presence.FULL if _has_files(path, follow=self.follow_links) else Presence.EMPTY

    def lost(self, file: str) -> str:
        """Returns the topmost folder above a file that has no files any more; empty if all have some."""
        return next((folder for folder in _above(file) if self.presence(folder) is not Presence.FULL), "")

    def linked(self, file: str) -> str:
        """Returns the topmost folder above a file that is a link; empty if none is."""
        return next((folder for folder in _above(file) if self._is_link(folder)), "")

    def _is_link(self, folder: str) -> bool:
        if folder not in self._links:
            self._links[folder] = (self._root / folder).is_symlink()
        return self._links[folder]


def _above(file: str) -> Iterator[str]:
    """Returns the folders that contain a file, topmost first."""
    parts = file.split("/")[:-1]
    return ("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def _has_files(folder: Path, *, follow: bool) -> bool:
    for place, folders, files in folder.walk(follow_symlinks=follow):
        folders[:] = [name for name in folders if name not in _PLACEHOLDER_FOLDERS]
        if any(name.lower() not in _PLACEHOLDERS and _is_file(place / name, follow=follow) for name in files):
            return True
    return False


def _is_file(path: Path, *, follow: bool) -> bool:
    try:
        found = path.stat(follow_symlinks=follow)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > 0


def refuse_loops(root: Path) -> None:
    """Raises ConfigurationError for a link to a folder above it: following it would never end."""
    for place, folders, _files in root.walk(follow_symlinks=True):
        for path in (place / name for name in folders):
            if path.is_symlink() and _leads_back(path, root):
                setting = setting_names.current().setting("MEDIA_FOLLOW_LINKS")
                raise ConfigurationError(
                    f"{path} is a link that leads back to {path.resolve()}, a folder above it: it cannot be followed. "
                    f"Remove it, or do not follow links ({setting})."
                )


def _leads_back(link: Path, root: Path) -> bool:
    """Returns whether a link leads to a folder on its path, also through other links."""
    target, above = link.resolve(), link.parent
    while not above.resolve().is_relative_to(target):
        if above == root:
            return False
        above = above.parent
    return True


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the lock on MEDIA_ROOT, so that no two runs on this machine back it up or restore it at the same time.

    The lock is on the folder itself: it writes nothing, and the kernel releases it when the holder dies. Raises Locked
    if another run holds it. If the file system has no locks or the folder does not exist, nothing is locked.
    """
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked(f"Another run is saving or restoring {root}. Try again when it has ended.") from error
        except OSError:
            pass  # NFS cannot lock a folder that is open for reading
        yield
    finally:
        os.close(descriptor)
