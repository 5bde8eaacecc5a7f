"""``backup``: databases with retention, then media files. Each is done even if another fails."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial

from django_rclone import conf
from django_rclone.backup import BackupRun
from django_rclone.management import options
from django_rclone.retention import Policy
from django_rclone_sidecar import arguments, logs
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import locked_run, media
from django_rclone_sidecar.runs.backup import back_up_database, log_all_kept


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser(
        "backup",
        "Back up the databases, then the media files (BACKUP_MEDIA). After the backup of each database, remove its "
        "backups that BACKUP_KEEP_LAST, BACKUP_KEEP_DAILY and so on (default: the project's RETENTION) do not keep, "
        "unless BACKUP_PRUNE is off. "
        "Exit code 3: some of these failed, the others succeeded.",
    )
    options.add_databases(parser, "Back up only this database, and no media files.")
    options.add_allow_deletes(parser)
    return parser


def _policy(environment: Environment) -> Policy | None:
    """Returns the retention to apply after each backup, None for none."""
    if not environment.get("BACKUP_PRUNE"):
        return None
    if rules := conf.retention():
        return Policy.of(rules)
    log_all_kept()
    return None


def main(argv: list[str], environment: Environment) -> int:
    given = create_parser().parse_args(argv)
    with locked_run.start("backup", environment) as (sidecar, task_runner):
        run = BackupRun(conf.remote(), conf.get("PROJECT"), quiet=not logs.shows_progress())
        policy = _policy(environment)
        tasks = [
            sidecar.task(partial(back_up_database, alias, run, policy), alias)
            for alias in sidecar.selected(given.database)
        ]
        if not given.database and media.is_included(sidecar, run.remote):
            tasks.append(sidecar.task(partial(media.back_up, run.remote, allow_deletes=given.allow_deletes)))
        task_runner.run_tasks(tasks)
    return 0
