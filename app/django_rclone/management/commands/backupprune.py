"""``manage.py backupprune``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_rclone import batch, conf, listing, prune
from django_rclone.db import registry
from django_rclone.management import options
from django_rclone.management.base import BackupCommand
from django_rclone.prune import Pruning


class Command(BackupCommand):
    """Removes old backups."""

    help = (
        "Removes the backups of a database that RETENTION (default: DB_CLEANUP_KEEP) does not keep, and leftovers of "
        "interrupted runs. If neither is set, only leftovers are removed. The newest good backup is always kept. More "
        "than half of the backups are removed only with --force, as are backups while the newest one is unusual: "
        "otherwise exit code 1, and nothing is removed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        options.add_databases(parser, "Prune the backups of this database instead of `default`.")
        options.add_prune_options(parser)

    def work(self, *, database: list[str] | None, dry_run: bool, force: bool, **_options: Any) -> None:
        self.prints_result = dry_run
        remote, policy = conf.remote(), prune.configured_policy()
        aliases = list(dict.fromkeys(database or ["default"]))
        if policy is None:
            self.stderr.write("RETENTION is not set: all backups are kept.")

        def prune_one(alias: str) -> None:
            pruning = Pruning.of(registry.connector(alias), remote, policy, force=force)
            if dry_run:
                self._show(pruning)
                return
            for removed in prune.prune(pruning):
                self.print_line(f"Removed {removed.path} ({removed.state}).")

        batch.run_each(aliases, prune_one, self.failure_printer(aliases))

    def _show(self, pruning: Pruning) -> None:
        """Prints what a pruning would do."""
        planned = prune.plan(pruning)
        for line in listing.plan(pruning.owner.alias, pruning.policy, [*planned.decisions, *planned.leftovers]):
            self.stdout.write(line)
        if warning := prune.force_needed(pruning, planned):
            self.stderr.write(warning)
