"""``prune``: removes old backups, and what dead runs left."""

from __future__ import annotations

import json
import logging
from argparse import ArgumentParser
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django_rclone import conf, listing, prune
from django_rclone.db import registry
from django_rclone.management import options as arguments
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner
from django_rclone_sidecar import bootstrap
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.report import Task
from django_rclone_sidecar.runs import lock, runner
from django_rclone_sidecar.runs.backup import log_removed

logger = logging.getLogger(__name__)


def parser() -> ArgumentParser:
    """Returns what reads the command's arguments."""
    made = ArgumentParser(
        "django-rclone prune",
        description="Removes the backups of each database beyond the newest BACKUP_KEEP_LAST (else the project's "
        "DB_CLEANUP_KEEP), and what dead runs left. With neither, nothing but the latter is removed. The newest good "
        "backup always stays.",
        allow_abbrev=False,
    )
    made.add_argument(
        "-d", "--database", action="append", type=arguments.text, metavar="ALIAS", help="Only this database alias."
    )
    made.add_argument("--dry-run", action="store_true", help="Say what would be removed, and remove nothing.")
    made.add_argument("--json", action="store_true", help="Print what is removed as one JSON array.")
    return made


def main(given: list[str], environment: Environment) -> int:
    options = parser().parse_args(given)
    sidecar = bootstrap.start(environment)
    removed: list[dict[str, Any]] = []
    with lock.held(sidecar.environment.get("BACKUP_STATE_DIR")):
        remote, keep = conf.remote(), _keep(sidecar)
        work = partial(_prune, remote, keep, removed, dry_run=options.dry_run)
        try:
            runner.run_each(
                "prune", [Task(partial(work, alias), alias) for alias in sidecar.selected(options.database)]
            )
        finally:
            if options.json:
                print(json.dumps(removed, indent=2))
    return 0


def _keep(sidecar: Sidecar) -> int | None:
    """Returns how many backups somebody has said to keep; None: all."""
    if sidecar.environment.given("BACKUP_KEEP_LAST") or "DB_CLEANUP_KEEP" in sidecar.target.django_rclone:
        keep: int = conf.get("DB_CLEANUP_KEEP")
        return keep
    logger.info("BACKUP_KEEP_LAST is not set: all backups are kept.", extra={"event": "retention.none"})
    return None


def _prune(remote: Remote, keep: int | None, removed: list[dict[str, Any]], alias: str, *, dry_run: bool) -> None:
    owner = Owner.of(conf.get("PROJECT"), registry.connector(alias))
    timeout = conf.limits().timeout
    for backup in prune.candidates(remote, conf.names(), owner, keep=keep, now=datetime.now(UTC), timeout=timeout):
        if dry_run:
            about = {"event": "prune.planned", "database": alias, "path": backup.path}
            logger.info('Database "%s": would remove %s (%s).', alias, backup.path, backup.state, extra=about)
        else:
            prune.remove(remote, backup)
            log_removed(alias, backup.path, backup.state)
        removed.append(listing.document(backup))
