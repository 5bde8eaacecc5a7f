"""``verify``: verifies backups, and records the results on the remote. Only a drill connects to a database."""

from __future__ import annotations

import json
import logging
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django_rclone import conf, display, verify
from django_rclone.catalog import Backup
from django_rclone.db import registry
from django_rclone.drill import report
from django_rclone.exceptions import DjangoRcloneError, VerificationFailed
from django_rclone.layout.verification_paths import Level
from django_rclone.layout.verification_record import VerificationRecord
from django_rclone.management import options
from django_rclone.selection import Owner
from django_rclone.verify import Verification
from django_rclone_sidecar import arguments, bootstrap, logs
from django_rclone_sidecar.bootstrap import Sidecar
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import locked_run

logger = logging.getLogger(__name__)


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser(
        "verify",
        "Verify backups by reading them in full, or by restoring them into a scratch database, and record the results "
        "on the remote. A backup that failed is not the "
        "latest one any more, and retention does not count it, until a verification at the same or a higher level "
        "passes. Exit code 5: a backup failed its verification; 6: there is nothing to verify.",
    )
    options.add_databases(parser, "Verify only backups of this database.")
    options.add_verification_options(parser, "list --json")
    arguments.add_json(parser, "the results as one JSON array")
    return parser


@dataclass(frozen=True, slots=True)
class _VerifyRun:
    """A run of the command."""

    run: Verification
    given: Namespace
    results: list[dict[str, Any]] = field(default_factory=list)
    """The result for each backup, as JSON documents."""

    def verify_database(self, alias: str) -> None:
        """Verifies the chosen backups of one database."""
        connector = registry.connector(alias)
        owner = Owner.of(conf.get("PROJECT"), connector)
        backups = verify.find(self.run, owner, all_of_them=self.given.all, backup_id=self.given.id or "")

        def log_failure(backup: Backup, error: DjangoRcloneError) -> None:
            self._add(backup, str(error), None, failed=isinstance(error, VerificationFailed))
            if len(backups) > 1:  # a single failure is logged as that of the run
                logger.error("%s", error, extra={"event": "verify.failed", "database": alias, "path": backup.path})

        verify.verify_each(connector, backups, self.run, self._log_success, log_failure)

    def _log_success(self, backup: Backup, record: VerificationRecord) -> None:
        self._add(backup, "", record, failed=False)
        about = {"event": "verify.done", "database": backup.database, "path": backup.path, "level": str(record.level)}
        logger.info("%s", verify.success(backup, record), extra={**about, "seconds": record.seconds})

    def _add(self, backup: Backup, problem: str, record: VerificationRecord | None, *, failed: bool) -> None:
        self.results.append(
            {
                "id": backup.id,
                "database": backup.database,
                "path": backup.path,
                "level": self.run.level.value,
                # Neither if it could not be verified now.
                "outcome": "passed" if record else "failed" if failed else "",
                "problem": problem,
                "verified_at": display.utc(record.verified_at) if record else "",
                "seconds": record.seconds if record else None,
                "recovery_seconds": record.drill.recovery_seconds if record and record.drill else None,
                "recovery_point_age_seconds": _age(backup, record) if record else None,
                "drill": record.drill.to_document() if record and record.drill else None,
            }
        )


def _age(backup: Backup, record: VerificationRecord) -> float:
    """Returns the age of the recovery point at the verification, in seconds."""
    return max(round((record.verified_at - backup.moment).total_seconds(), 3), 0)


def main(argv: list[str], environment: Environment) -> int:
    parser = create_parser()
    given = parser.parse_args(argv)
    if given.id and len(given.database or ()) > 1:
        parser.error("--id chooses one backup: do not use several --database with it")
    if given.report:
        _print_report(given, environment)
        return 0
    with locked_run.start("verify", environment) as (sidecar, task_runner):
        task_runner.report.level = given.level
        verification = verify.configured(conf.remote(), Level(given.level), quiet=not logs.shows_progress())
        work = _VerifyRun(verification, given)
        try:
            aliases = _aliases(given, sidecar, verification)
            task_runner.run_tasks([sidecar.task(partial(work.verify_database, alias), alias) for alias in aliases])
        finally:
            if given.json:
                print(json.dumps(work.results, indent=2))
    return 0


def _print_report(given: Namespace, environment: Environment) -> None:
    sidecar = bootstrap.start(environment)
    run, project, now = Verification(conf.remote(), Level.HASH), conf.get("PROJECT"), datetime.now(UTC)
    connectors = [registry.connector(alias) for alias in sidecar.selected(given.database)]
    databases = [verify.report_on(run, each, Owner.of(project, each)) for each in connectors]
    if given.json:
        print(json.dumps(report.document(databases, project, now), indent=2))
    else:
        print(report.markdown(databases, project, now))


def _aliases(given: Namespace, sidecar: Sidecar, run: Verification) -> list[str]:
    if given.id and not given.database:
        return sidecar.selected([verify.by_id(run, given.id).database])
    return sidecar.selected(given.database)
