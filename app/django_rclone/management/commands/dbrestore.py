"""``manage.py dbrestore``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from django_rclone import conf, restore
from django_rclone.db import registry
from django_rclone.db.base import Mode
from django_rclone.exceptions import ConfigurationError
from django_rclone.management import options as arguments
from django_rclone.management.base import BackupCommand, add_noinput, moment
from django_rclone.selection import Owner


class Command(BackupCommand):
    """Restores a database."""

    help = (
        "Restores a database from the remote: the newest good backup, or the one that you choose. All or nothing: "
        "if anything fails, the database is unchanged. Exit codes: 0 success, 1 failure, 2 wrong configuration or "
        "usage, 4 another restore is running, 5 damaged backup, 6 nothing to restore, 75 storage or database "
        "unreachable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "-d",
            "--database",
            type=arguments.text,
            metavar="ALIAS",
            help="Database to restore; required if there are several.",
        )
        parser.add_argument(
            "-i",
            "--input-path",
            type=arguments.text,
            metavar="PATH",
            help="Restore the backup at this path, as shown by `listbackups`.",
        )
        parser.add_argument(
            "--at", type=moment, metavar="TIME", help="Restore the newest good backup started at or before TIME."
        )
        arguments.add_restore_options(parser)
        add_noinput(parser)
        arguments.add_dry_run(parser)

    def work(
        self,
        *,
        database: str | None,
        input_path: str | None,
        at: datetime | None,
        into: str | None,
        unverified: bool,
        terminate_sessions: bool,
        in_place: bool,
        **options: Any,
    ) -> None:
        if input_path and (at or unverified):
            raise ConfigurationError("--input-path chooses one backup: do not use --at or --unverified with it.")
        connector = registry.connector(database or self._only_alias())
        remote, names = conf.remote(), conf.names()
        owner = Owner.of(conf.get("PROJECT"), connector)
        backup = (
            restore.by_path(remote, names, owner, input_path)
            if input_path
            else restore.latest(remote, names, owner, at=at, unverified=unverified, connector=connector)
        )
        mode = Mode(into=into or "", terminate_sessions=terminate_sessions, in_place=in_place)
        planned = restore.plan(connector, remote, backup, mode, finish=not options["dry_run"])
        if options["dry_run"]:
            self.stdout.write(str(planned))
            return
        if options["interactive"] or not self.quiet:
            self.stdout.write(planned.summary)
        if options["interactive"] and not self.confirm(f"Restore {planned.plan.target}?"):
            return
        restore.carry_out(planned, conf.limits(), quiet=self.quiet)
        self.print_line(f'Database "{connector.alias}": restored from {backup.path}.')

    def _only_alias(self) -> str:
        aliases = registry.aliases()
        if len(aliases) != 1:
            raise ConfigurationError(
                f"There are several databases: choose one with --database ({', '.join(sorted(aliases))})."
            )
        return aliases[0]
