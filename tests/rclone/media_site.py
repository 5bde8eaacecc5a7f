"""A project with media files, and a remote for their mirror."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django_rclone import process
from django_rclone.media import backup, mirror, restore
from django_rclone.media.restore import Preview
from django_rclone.media.sync_log import Changes
from django_rclone.rclone.remote import Remote

NO_LIMITS = process.Limits(timeout=None, stall=None)


class Site:
    """A project with media files."""

    def __init__(self, root: Path, remote: Remote, settings: Any) -> None:
        self.root, self.remote, self._settings = root, remote, settings
        self.stored = Path(remote.root)
        root.mkdir(exist_ok=True)
        self.set()

    def set(self, project: str = "", **options: Any) -> None:
        """Makes the settings those of this project."""
        self._settings.MEDIA_ROOT = str(self.root)
        self._settings.DJANGO_RCLONE = {"REMOTE": self.remote.root, "PROJECT": project, **options}

    def fill(self, *names: str) -> None:
        for name in names:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(f"{self.root.name} {name}")

    def back_up(self, **allowed: bool) -> Changes:
        options = {"allow_empty": False, **allowed}
        return backup.back_up(self.remote, mirror.locate(self.remote), limits=NO_LIMITS, quiet=True, **options)

    def restore(self) -> Changes:
        return restore.restore(self.remote, self.preview(), NO_LIMITS, quiet=True)

    def preview(self) -> Preview:
        return restore.preview(self.remote, mirror.locate(self.remote), NO_LIMITS)

    def mirrored(self, folder: str = "media") -> list[str]:
        there = self.stored / folder
        return sorted(str(path.relative_to(there)) for path in there.rglob("*") if path.is_file())
