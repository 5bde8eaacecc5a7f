"""``manage.py backupverify``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser

from django_rclone import batch, conf, verify
from django_rclone.catalog import Backup
from django_rclone.db import registry
from django_rclone.drill import report
from django_rclone.exceptions import ConfigurationError, VerificationFailed
from django_rclone.layout.verification_paths import Level
from django_rclone.layout.verification_record import VerificationRecord
from django_rclone.management import options as arguments
from django_rclone.management.base import BackupCommand
from django_rclone.selection import Owner
from django_rclone.verify import Verification


class Command(BackupCommand):
    """Verifies backups."""

    help = (
        "Verifies backups by reading them in full, or by restoring them into a scratch database, and records the "
        "result on the remote. A backup that failed is not "
        "the latest one any more, and retention does not count it, until a verification at the same or a higher level "
        "passes. Exit codes: 0 all passed, 1 failure, 2 wrong configuration or usage, 5 verification failed, "
        "6 nothing to verify, 75 storage unreachable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        arguments.add_databases(parser, "Verify only backups of this database.")
        arguments.add_verification_options(parser, "listbackups --json")
        parser.add_argument("--json", action="store_true", help="With --report: print one JSON document.")

    def work(self, *, database: list[str] | None, level: str, id: str | None, **options: Any) -> None:  # noqa: A002
        if options["json"] and not options["report"]:
            raise ConfigurationError("--json needs --report.")
        if options["report"]:
            self._print_report(list(dict.fromkeys(database or registry.aliases())), as_json=options["json"])
            return
        run = verify.configured(conf.remote(), Level(level), quiet=self.quiet)
        if id and len(database or ()) > 1:
            raise ConfigurationError("--id chooses one backup: do not use several --database with it.")
        if id and not database:
            database = [verify.by_id(run, id).database]
        aliases = list(dict.fromkeys(database or registry.aliases()))

        def verify_database(alias: str) -> None:
            connector = registry.connector(alias)
            owner = Owner.of(conf.get("PROJECT"), connector)
            backups = verify.find(run, owner, all_of_them=options["all"], backup_id=id or "")
            print_failure = self.failure_printer(backups)
            verify.verify_each(connector, backups, run, self._print_success, print_failure)

        batch.run_each(aliases, verify_database, self.failure_printer(aliases), decisive=VerificationFailed)

    def _print_report(self, aliases: list[str], *, as_json: bool) -> None:
        run, project, now = Verification(conf.remote(), Level.HASH), conf.get("PROJECT"), datetime.now(UTC)
        connectors = [registry.connector(alias) for alias in aliases]
        databases = [verify.report_on(run, each, Owner.of(project, each)) for each in connectors]
        if as_json:
            self.print_line(json.dumps(report.document(databases, project, now), indent=2))
        else:
            self.print_line(report.markdown(databases, project, now))

    def _print_success(self, backup: Backup, record: VerificationRecord) -> None:
        self.print_line(verify.success(backup, record))
