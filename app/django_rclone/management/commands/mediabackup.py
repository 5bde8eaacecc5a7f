"""``manage.py mediabackup``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_rclone import conf
from django_rclone.management.base import BackupCommand
from django_rclone.media import backup, mirror


class Command(BackupCommand):
    """Backs up media files."""

    help = "Makes the mirror of MEDIA_ROOT on the remote equal to it (rclone sync: only what changed is sent)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--allow-empty",
            action="store_true",
            help="Go on when MEDIA_ROOT is empty and the mirror is not: this deletes the mirror's files.",
        )
        parser.add_argument(
            "--allow-deletes",
            action="store_true",
            help="Go on when most of the mirror's files are gone from MEDIA_ROOT, and some are not: they are deleted.",
        )

    def work(self, *, allow_empty: bool, allow_deletes: bool, verbosity: int, **_options: Any) -> None:
        remote = conf.remote()
        changes = backup.back_up(
            remote,
            mirror.locate(remote),
            allow_empty=allow_empty,
            allow_deletes=allow_deletes,
            limits=conf.limits(),
            quiet=verbosity < 1,
        )
        self.say(f"Media backed up: {changes}.", verbosity=verbosity)
