"""``manage.py dbbackup``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_rclone import batch, conf, display
from django_rclone.backup import BackupRun, back_up
from django_rclone.db import registry
from django_rclone.db.base import BaseConnector
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout.manifest import Manifest
from django_rclone.management import options
from django_rclone.management.base import BackupCommand
from django_rclone.prune import Pruning, prune
from django_rclone.selection import Owner


class Command(BackupCommand):
    """Backs up databases."""

    help = (
        "Backs up databases to the remote, as a stream. A backup exists only when its dump ended well and its "
        "manifest is written. Exit codes: 0 done, 1 failed, 2 configuration, 3 some databases failed, "
        "75 storage or database unreachable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "-d",
            "--database",
            action="append",
            type=options.text,
            metavar="ALIAS",
            help="Database alias; may be given several times. Default: default.",
        )
        parser.add_argument(
            "--clean",
            action="store_true",
            help="After a successful backup, remove backups beyond DB_CLEANUP_KEEP and what dead runs left.",
        )

    def work(self, *, database: list[str] | None, clean: bool, verbosity: int, **_options: Any) -> None:
        run = BackupRun(conf.remote(), conf.get("PROJECT"), quiet=verbosity < 1)
        aliases = list(dict.fromkeys(database or ["default"]))

        def told(_alias: str, error: DjangoRcloneError) -> None:
            if len(aliases) > 1:  # the error of a single one is raised by the command
                self.stderr.write(str(error))

        batch.run_each(aliases, lambda alias: self._back_up(registry.connector(alias), run, clean, verbosity), told)

    def _back_up(self, connector: BaseConnector, run: BackupRun, clean: bool, verbosity: int) -> None:
        manifest = back_up(connector, run)
        (stored,) = manifest.objects
        seconds = (manifest.finished_at - manifest.started_at).total_seconds()
        self.say(
            f'Database "{connector.alias}": backed up to {stored.path} '
            f"({display.size(stored.bytes)} in {display.duration(seconds)}).",
            verbosity=verbosity,
        )
        if clean:
            self._clean(connector, run, manifest, verbosity)

    def _clean(self, connector: BaseConnector, run: BackupRun, made: Manifest, verbosity: int) -> None:
        owner = Owner.of(run.project, connector)
        keep, limit = conf.get("DB_CLEANUP_KEEP"), run.limits.timeout
        for gone in prune(Pruning(run.remote, run.names, owner, keep, run.now(), limit, made.id)):
            self.say(f"Removed {gone.path} ({gone.state}).", verbosity=verbosity)
