"""``manage.py mediabackup``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_rclone import conf, media
from django_rclone.management.base import BackupCommand


class Command(BackupCommand):
    """Backs up media files."""

    help = "Makes the mirror of MEDIA_ROOT on the remote equal to it (rclone sync: only what changed is sent)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--allow-empty",
            action="store_true",
            help="Go on when MEDIA_ROOT is empty and the mirror is not: this deletes the mirror's files.",
        )

    def work(self, *, allow_empty: bool, verbosity: int, **_options: Any) -> None:
        changes = media.back_up(
            conf.remote(),
            conf.get("MEDIA_BACKUP_DIR"),
            allow_empty=allow_empty,
            limits=conf.limits(),
            quiet=verbosity < 1,
        )
        self.say(f"Media backed up: {changes}.", verbosity=verbosity)
