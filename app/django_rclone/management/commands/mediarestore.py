"""``manage.py mediarestore``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_rclone import conf
from django_rclone.management import options
from django_rclone.management.base import BackupCommand, add_noinput
from django_rclone.media import mirror, restore


class Command(BackupCommand):
    """Restores media files."""

    help = (
        "Makes MEDIA_ROOT equal to its mirror on the remote. Files that are not in the mirror are deleted; their "
        "number is shown before you confirm."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_noinput(parser)
        options.add_dry_run(parser)

    def work(self, *, interactive: bool, dry_run: bool, **_options: Any) -> None:
        remote, limits = conf.remote(), conf.limits()
        planned = restore.preview(remote, mirror.locate(remote), limits)
        if interactive or dry_run:
            self.stdout.write(f"In {planned.target}: {planned}.")
            if dry_run:
                return
            if not self.confirm("Continue?"):
                return
        changes = restore.restore(remote, planned, limits, quiet=self.quiet)
        self.print_line(f"Media restored: {changes}.")
