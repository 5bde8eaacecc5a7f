"""Symbolic links in MEDIA_ROOT: loops of links that a backup follows, and links that a restore would write through."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django_rclone import setting_names
from django_rclone.display import enumerate_some
from django_rclone.exceptions import ConfigurationError
from django_rclone.media.media_root import with_parents


def refuse_loops(media_root: Path) -> None:
    """Raises ConfigurationError if a link leads to a folder above it: following it would never end."""
    for parent, folders, _files in media_root.walk(follow_symlinks=True):
        for path in (parent / name for name in folders):
            if path.is_symlink() and _leads_back(path, media_root):
                setting = setting_names.current().setting("MEDIA_FOLLOW_LINKS")
                raise ConfigurationError(
                    f"{path} is a link that leads back to {path.resolve()}, a folder above it, and cannot be followed. "
                    f"Remove it, or turn off {setting}."
                )


def _leads_back(link: Path, media_root: Path) -> bool:
    """Returns whether a link leads to a folder on its path, also through other links."""
    target, above = link.resolve(), link.parent
    while not above.resolve().is_relative_to(target):
        if above == media_root:
            return False
        above = above.parent
    return True


def topmost_links(media_root: Path, folders: Iterable[str]) -> list[str]:
    """Returns the links in MEDIA_ROOT on the paths of these folders, of each path the topmost."""
    is_link: dict[str, bool] = {}
    for folder in folders:
        for path in with_parents(folder):
            if path not in is_link:
                is_link[path] = (media_root / path).is_symlink()
            if is_link[path]:
                break
    return sorted(path for path, found in is_link.items() if found)


def refuse_links(media_root: Path, links: Iterable[str]) -> None:
    """Raises ConfigurationError if there are links where a restore would write files of the mirror."""
    if links := list(links):
        raise ConfigurationError(
            f"MEDIA_ROOT {media_root} has links where the mirror has folders: {enumerate_some(links)}. Files would be "
            "written to the targets of these links. Remove or move the links, and restore again."
        )
