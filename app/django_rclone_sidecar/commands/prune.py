"""``prune``: removes old backups and leftovers of interrupted runs."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from django_rclone import conf, listing, prune
from django_rclone.catalog import Backup
from django_rclone.db import registry
from django_rclone.management import options
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner
from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.report import Task
from django_rclone_sidecar.runs import lock, runner
from django_rclone_sidecar.runs.backup import log_removed

logger = logging.getLogger(__name__)


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser(
        "prune",
        "Remove the backups of each database beyond the newest BACKUP_KEEP_LAST (default: the project's "
        "DB_CLEANUP_KEEP), and leftovers of interrupted runs. If neither is set, only leftovers are removed. The "
        "newest good backup is always kept.",
    )
    options.add_databases(parser, "Prune only the backups of this database.")
    parser.add_argument("--dry-run", action="store_true", help="Show what would be removed, and remove nothing.")
    arguments.add_json(parser, "the removed backups as one JSON array")
    return parser


@dataclass(frozen=True, slots=True)
class _PruneRun:
    """A run of the command. ``keep`` is None to keep all good backups."""

    remote: Remote
    keep: int | None
    dry_run: bool
    removed: list[Backup] = field(default_factory=list)

    def prune(self, alias: str) -> None:
        """Removes the old backups of one database, or logs them in a dry run."""
        owner = Owner.of(conf.get("PROJECT"), registry.connector(alias))
        timeout = conf.limits().timeout
        pruning = prune.Pruning(self.remote, conf.names(), owner, self.keep, datetime.now(UTC), timeout)
        for backup in prune.candidates(pruning):
            if self.dry_run:
                about = {"event": "prune.planned", "database": alias, "path": backup.path}
                logger.info('Database "%s": would remove %s (%s).', alias, backup.path, backup.state, extra=about)
            else:
                prune.remove(self.remote, backup)
                log_removed(alias, backup.path, backup.state)
            self.removed.append(backup)


def main(argv: list[str], environment: Environment) -> int:
    given = create_parser().parse_args(argv)
    sidecar = bootstrap.start(environment)
    with lock.held(environment.get("BACKUP_STATE_DIR")):
        run = _PruneRun(conf.remote(), _keep(sidecar), given.dry_run)
        try:
            aliases = sidecar.selected(given.database)
            runner.run_each("prune", [Task(partial(run.prune, alias), alias) for alias in aliases])
        finally:
            if given.json:
                print(listing.to_json(run.removed))
    return 0


def _keep(sidecar: Sidecar) -> int | None:
    """Returns how many backups to keep, None for all."""
    if sidecar.environment.is_set("BACKUP_KEEP_LAST") or "DB_CLEANUP_KEEP" in sidecar.target.django_rclone:
        keep: int = conf.get("DB_CLEANUP_KEEP")
        return keep
    logger.info("BACKUP_KEEP_LAST is not set: all backups are kept.", extra={"event": "retention.none"})
    return None
