"""The folder of the media files, looked at: is anything in it, and what became of a folder in it?"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from django_rclone import vocabulary
from django_rclone.exceptions import ConfigurationError, Locked

# Files that lie in mount points, or that file managers make.
_PLACEHOLDERS = frozenset({".gitkeep", ".gitignore", ".keep", ".ds_store", "thumbs.db", "desktop.ini", ".directory"})
_PLACEHOLDER_FOLDERS = frozenset({"lost+found"})


class Presence(StrEnum):
    """What is left of a folder that the mirror has."""

    FULL = "has files"
    EMPTY = "is empty"
    LINK = "is a link"
    GONE = "is not there"


class MediaFolder:
    """MEDIA_ROOT. Answers are remembered: one object serves one sync."""

    def __init__(self, root: Path, *, follow_links: bool = False) -> None:
        self._root = root
        self.follow_links = follow_links
        self._seen: dict[str, Presence] = {}
        self._links: dict[str, bool] = {}

    def has_files(self) -> bool:
        """Tells whether there is any file to save but placeholders, such as ``.gitkeep`` and empty files."""
        return self._root.is_dir() and _has_files(self._root, follow=self.follow_links)

    def presence(self, folder: str) -> Presence:
        """Returns what is left of a folder in it."""
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
        """Returns the highest folder above a file that has no files any more; empty: each has some."""
        return next((folder for folder in _above(file) if self.presence(folder) is not Presence.FULL), "")

    def linked(self, file: str) -> str:
        """Returns the highest folder above a file that is a link; empty: none is."""
        return next((folder for folder in _above(file) if self._is_link(folder)), "")

    def _is_link(self, folder: str) -> bool:
        if folder not in self._links:
            self._links[folder] = (self._root / folder).is_symlink()
        return self._links[folder]


def _above(file: str) -> Iterator[str]:
    """Gives the folders that a file lies in, the highest first."""
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
    """Raises ConfigurationError for a link that leads back to a folder above it: following it would never end."""
    for place, folders, _files in root.walk(follow_symlinks=True):
        for path in (place / name for name in folders):
            if path.is_symlink() and _leads_back(path, root):
                setting = vocabulary.current().setting("MEDIA_FOLLOW_LINKS")
                raise ConfigurationError(
                    f"{path} is a link that leads back to {path.resolve()}, a folder above it: it cannot be followed. "
                    f"Remove it, or do not follow links ({setting})."
                )


def _leads_back(link: Path, root: Path) -> bool:
    """Tells whether a link leads to a folder on the way to it, also by way of other links."""
    target, above = link.resolve(), link.parent
    while not above.resolve().is_relative_to(target):
        if above == root:
            return False
        above = above.parent
    return True


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the lock on MEDIA_ROOT, so that no two runs of this machine save or restore it at once.

    The folder itself is locked: that writes nothing, and the kernel lets go when the holder dies. Raises Locked when
    another run has it. Where the file system has no locks, or the folder is not there, nothing is locked.
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
