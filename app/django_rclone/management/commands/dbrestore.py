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
from django_rclone.management.base import BackupCommand, moment
from django_rclone.selection import Owner


class Command(BackupCommand):
    """Restores a database."""

    help = (
        "Restores a database from the remote: the newest good backup, or the one that you name. All or nothing: "
        "if anything fails, the database is as it was. Exit codes: 0 done, 1 failed, 2 configuration, 4 another "
        "restore runs, 5 the backup is damaged, 6 nothing to restore, 75 storage or database unreachable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "-d",
            "--database",
            type=arguments.text,
            metavar="ALIAS",
            help="Database alias; needed if there are several.",
        )
        parser.add_argument(
            "-i",
            "--input-path",
            type=arguments.text,
            metavar="PATH",
            help="The backup to restore, as `listbackups` shows it.",
        )
        parser.add_argument(
            "--at", type=moment, metavar="TIME", help="Restore the newest good backup begun at or before TIME."
        )
        arguments.add_restore_options(parser)
        parser.add_argument("--noinput", action="store_false", dest="interactive", help="Do not ask.")
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
            raise ConfigurationError("--input-path names one backup: --at and --unverified do not go with it.")
        connector = registry.connector(database or self._only_alias())
        remote, names = conf.remote(), conf.names()
        owner = Owner.of(conf.get("PROJECT"), connector)
        backup = (
            restore.by_path(remote, names, owner, input_path)
            if input_path
            else restore.latest(remote, names, owner, at=at, unverified=unverified, connector=connector)
        )
        mode = Mode(into=into or "", terminate_sessions=terminate_sessions, in_place=in_place)
        ready = restore.plan(connector, remote, backup, mode, finish=not options["dry_run"])
        if options["dry_run"]:
            self.stdout.write(str(ready))
            return
        if options["verbosity"] >= 1 or options["interactive"]:
            self.stdout.write(ready.summary)
        if options["interactive"] and not self.confirm(f"Restore {ready.plan.target}?"):
            self.stdout.write("Nothing was changed.")
            return
        restore.carry_out(ready, conf.limits(), quiet=options["verbosity"] < 1)
        self.say(f'Database "{connector.alias}": restored from {backup.path}.', verbosity=options["verbosity"])

    def _only_alias(self) -> str:
        have = registry.aliases()
        if len(have) != 1:
            raise ConfigurationError(
                f"There are several databases: choose one with --database ({', '.join(sorted(have))})."
            )
        return have[0]
