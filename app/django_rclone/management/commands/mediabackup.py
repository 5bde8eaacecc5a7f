"""``manage.py mediabackup``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_rclone import conf
from django_rclone.management import options
from django_rclone.management.base import BackupCommand
from django_rclone.media import backup, mirror


class Command(BackupCommand):
    """Backs up media files."""

    help = "Mirrors MEDIA_ROOT to the remote with `rclone sync`. Only changes are uploaded."

    def add_arguments(self, parser: CommandParser) -> None:
        options.add_allow_empty(parser)
        options.add_allow_deletes(parser)

    def work(self, *, allow_empty: bool, allow_deletes: bool, **_options: Any) -> None:
        remote = conf.remote()
        changes = backup.back_up(
            remote,
            mirror.locate(remote),
            allow_empty=allow_empty,
            allow_deletes=allow_deletes,
            limits=conf.limits(),
            quiet=self.quiet,
        )
        self.print_line(f"Media backed up: {changes}.")
