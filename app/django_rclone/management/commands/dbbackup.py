"""``manage.py dbbackup``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_rclone import batch, conf, display
from django_rclone.backup import BackupRun, back_up
from django_rclone.catalog import Backup
from django_rclone.db import registry
from django_rclone.db.base import BaseConnector
from django_rclone.management import options
from django_rclone.management.base import BackupCommand
from django_rclone.prune import Pruning, after_backup, configured_policy
from django_rclone.selection import Owner


class Command(BackupCommand):
    """Backs up databases."""

    help = (
        "Backs up databases to the remote as a stream. A backup exists once its dump has succeeded and its manifest "
        "is written. Exit codes: 0 success, 1 failure, 2 wrong configuration or usage, 3 some databases failed, 75 "
        "storage or database unreachable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        options.add_databases(parser, "Back up this database instead of `default`.")
        parser.add_argument(
            "--clean",
            action="store_true",
            help="After a successful backup, remove backups that RETENTION (default: DB_CLEANUP_KEEP) does not keep, "
            "and leftovers of interrupted runs.",
        )

    def work(self, *, database: list[str] | None, clean: bool, **_options: Any) -> None:
        run = BackupRun(conf.remote(), conf.get("PROJECT"), quiet=self.quiet)
        aliases = list(dict.fromkeys(database or ["default"]))

        def back_up_one(alias: str) -> None:
            self._back_up(registry.connector(alias), run, clean)

        batch.run_each(aliases, back_up_one, self.failure_printer(aliases))

    def _back_up(self, connector: BaseConnector, run: BackupRun, clean: bool) -> None:
        manifest = back_up(connector, run)
        (stored,) = manifest.objects
        seconds = (manifest.finished_at - manifest.started_at).total_seconds()
        self.print_line(
            f'Database "{connector.alias}": backed up to {stored.path} '
            f"({display.size(stored.bytes)} in {display.duration(seconds)})."
        )
        pruning = Pruning(
            *(run.remote, run.names, Owner.of(run.project, connector), configured_policy(default=True)),
            now=run.now(),
            timeout=run.limits.timeout,
            new_id=manifest.id,
        )
        after_backup(run.remote, manifest, pruning if clean else None, self._print_removed)

    def _print_removed(self, backup: Backup) -> None:
        self.print_line(f"Removed {backup.path} ({backup.state}).")
