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
from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone.management import options
from django_rclone.prune import Pruning
from django_rclone.rclone.remote import Remote
from django_rclone.retention import Decision, Policy
from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.doctor import test_object
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.report import Task
from django_rclone_sidecar.runs import lock, runner
from django_rclone_sidecar.runs.backup import log_all_kept, log_removed

logger = logging.getLogger(__name__)


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser(
        "prune",
        "Remove the backups of each database that BACKUP_KEEP_LAST, BACKUP_KEEP_DAILY and so on do not keep (default: "
        "the project's RETENTION or DB_CLEANUP_KEEP), and leftovers of interrupted runs. If none of these is set, "
        "only leftovers are removed. The newest good backup is always kept. More than half of the backups are removed "
        "only with --force, as are backups while the newest one is unusual: otherwise exit code 1, and nothing is "
        "removed.",
    )
    options.add_databases(parser, "Prune only the backups of this database.")
    options.add_prune_options(parser)
    arguments.add_json(parser, "the removed backups as one JSON array")
    return parser


@dataclass(frozen=True, slots=True)
class _PruneRun:
    """A run of the command. ``policy`` is None to keep all good backups."""

    remote: Remote
    policy: Policy | None
    dry_run: bool
    force: bool
    as_json: bool
    removed: list[dict[str, Any]] = field(default_factory=list)
    """The removed backups, as JSON documents."""

    def prune_database(self, alias: str) -> None:
        """Removes the old backups of one database, or shows them in a dry run."""
        pruning = Pruning.of(registry.connector(alias), self.remote, self.policy, force=self.force)
        planned = prune.plan(pruning)
        if self.dry_run:
            self._show(pruning, planned)
            return
        for decision in prune.carry_out(pruning, planned):
            log_removed(alias, decision.backup.path, decision.backup.state)
            self.removed.append(listing.decision_document(decision))

    def _show(self, pruning: Pruning, planned: prune.Plan) -> None:
        alias, decisions = pruning.owner.alias, [*planned.decisions, *planned.leftovers]
        if self.as_json:
            self.removed.extend(listing.decision_document(decision) for decision in planned.removed)
            for decision in decisions:
                _log_planned(alias, decision)
        else:
            print(*listing.plan(alias, self.policy, decisions), sep="\n")
        if warning := prune.force_needed(pruning, planned):
            logger.warning("%s", warning, extra={"event": "prune.force", "database": alias})


def _log_planned(alias: str, decision: Decision) -> None:
    backup, action = decision.backup, listing.action(decision)
    about = {"event": "prune.planned", "database": alias, "path": backup.path}
    reasons = ", ".join(decision.reasons)
    logger.info('Database "%s": would %s %s (%s): %s.', alias, action, backup.path, backup.state, reasons, extra=about)


def _remove_test_objects(run: _PruneRun) -> None:
    """Removes what doctors could not delete. No failure of this run: they are small, and the next run tries again."""
    try:
        for name in test_object.left_over(run.remote, datetime.now(UTC)):
            if not run.dry_run:
                run.remote.delete(name)
            action = "would remove" if run.dry_run else "removed"
            logger.info("Test object of `doctor`: %s %s.", action, name, extra={"event": "prune.doctor", "path": name})
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        logger.warning("Test objects of `doctor` could not be removed: %s", error, extra={"event": "prune.doctor"})


def main(argv: list[str], environment: Environment) -> int:
    given = create_parser().parse_args(argv)
    sidecar = bootstrap.start(environment)
    with lock.held(environment.get("BACKUP_STATE_DIR")):
        run = _PruneRun(conf.remote(), prune.configured_policy(), given.dry_run, given.force, given.json)
        if run.policy is None:
            log_all_kept()
        try:
            aliases = sidecar.selected(given.database)
            runner.run_each("prune", [Task(partial(run.prune_database, alias), alias) for alias in aliases])
            _remove_test_objects(run)
        finally:
            if given.json:
                print(json.dumps(run.removed, indent=2))
    return 0
