"""``prune``: removes old backups and leftovers of interrupted runs."""

from __future__ import annotations

import json
import logging
from argparse import ArgumentParser
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django_rclone import conf, listing, prune
from django_rclone.db import registry
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner
from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.report import Task
from django_rclone_sidecar.runs import lock, runner
from django_rclone_sidecar.runs.backup import log_removed

logger = logging.getLogger(__name__)


def parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    made = arguments.parser(
        "prune",
        "Remove the backups of each database beyond the newest BACKUP_KEEP_LAST (else the project's DB_CLEANUP_KEEP), "
        "and leftovers of interrupted runs. Without either setting, only leftovers are removed. The newest good backup "
        "is always kept.",
    )
    arguments.add_databases(made)
    made.add_argument("--dry-run", action="store_true", help="Show what would be removed, and remove nothing.")
    arguments.add_json(made, "the removed backups as one JSON array")
    return made


@dataclass(frozen=True, slots=True)
class _Pruning:
    """A run of the command. ``keep`` is None to keep all good backups."""

    remote: Remote
    keep: int | None
    dry_run: bool
    removed: list[dict[str, Any]] = field(default_factory=list)
    """The removed backups, as JSON documents."""

    def prune(self, alias: str) -> None:
        """Removes the old backups of one database, or logs them in a dry run."""
        owner = Owner.of(conf.get("PROJECT"), registry.connector(alias))
        timeout = conf.limits().timeout
        found = prune.candidates(prune.Pruning(self.remote, conf.names(), owner, self.keep, datetime.now(UTC), timeout))
        for backup in found:
            if self.dry_run:
                about = {"event": "prune.planned", "database": alias, "path": backup.path}
                logger.info('Database "%s": would remove %s (%s).', alias, backup.path, backup.state, extra=about)
            else:
                prune.remove(self.remote, backup)
                log_removed(alias, backup.path, backup.state)
            self.removed.append(listing.document(backup))


def main(argv: list[str], environment: Environment) -> int:
    options = parser().parse_args(argv)
    sidecar = bootstrap.start(environment)
    with lock.held(environment.get("BACKUP_STATE_DIR")):
        pruning = _Pruning(conf.remote(), _keep(sidecar), options.dry_run)
        try:
            aliases = sidecar.selected(options.database)
            runner.run_each("prune", [Task(partial(pruning.prune, alias), alias) for alias in aliases])
        finally:
            if options.json:
                print(json.dumps(pruning.removed, indent=2))
    return 0


def _keep(sidecar: Sidecar) -> int | None:
    """Returns how many backups to keep, None for all."""
    if sidecar.environment.is_set("BACKUP_KEEP_LAST") or "DB_CLEANUP_KEEP" in sidecar.target.django_rclone:
        keep: int = conf.get("DB_CLEANUP_KEEP")
        return keep
    logger.info("BACKUP_KEEP_LAST is not set: all backups are kept.", extra={"event": "retention.none"})
    return None
