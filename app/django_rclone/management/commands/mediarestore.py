"""``manage.py mediarestore``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_rclone import conf
from django_rclone.management import options
from django_rclone.management.base import BackupCommand
from django_rclone.media import mirror, restore


class Command(BackupCommand):
    """Restores media files."""

    help = (
        "Makes MEDIA_ROOT equal to its mirror on the remote. Files that the mirror lacks are deleted: it says how many "
        "before it asks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--noinput", action="store_false", dest="interactive", help="Do not ask.")
        options.add_dry_run(parser)

    def work(self, *, interactive: bool, dry_run: bool, verbosity: int, **_options: Any) -> None:
        remote, limits = conf.remote(), conf.limits()
        planned = restore.preview(remote, mirror.locate(remote), limits)
        if interactive or dry_run:
            self.stdout.write(f"In {planned.target}: {planned}.")
            if dry_run:
                return
            if not self.confirm("Go on?"):
                self.stdout.write("Nothing was changed.")
                return
        changes = restore.restore(remote, planned, limits, quiet=verbosity < 1)
        self.say(f"Media restored: {changes}.", verbosity=verbosity)
