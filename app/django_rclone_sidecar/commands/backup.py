"""``backup``: databases, then media files, then retention. Each is done even if another fails."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from functools import partial

from django_rclone import conf
from django_rclone.backup import BackupRun
from django_rclone_sidecar import arguments, bootstrap, logs
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import lock, media, runner
from django_rclone_sidecar.runs.backup import back_up_database

logger = logging.getLogger(__name__)


def parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    made = arguments.parser(
        "backup",
        "Back up the databases, then the media files (BACKUP_MEDIA), then remove the backups of each database beyond "
        "BACKUP_KEEP_LAST. Exit code 3: some parts failed, the others are done.",
    )
    arguments.add_databases(made, "Only this database, and no media files; can be given several times.")
    arguments.add_allow_deletes(made)
    return made


def main(argv: list[str], environment: Environment) -> int:
    options = parser().parse_args(argv)
    with runner.run("backup", environment) as task_runner:
        sidecar = bootstrap.start(environment)
        with lock.held(sidecar.environment.get("BACKUP_STATE_DIR")):
            run = BackupRun(conf.remote(), conf.get("PROJECT"), quiet=not logs.shows_progress())
            keep = sidecar.environment.get("BACKUP_KEEP_LAST")
            if keep is None:
                logger.info("BACKUP_KEEP_LAST is not set: all backups are kept.", extra={"event": "retention.none"})
            tasks = [
                sidecar.task(partial(back_up_database, alias, run, keep), alias)
                for alias in sidecar.selected(options.database)
            ]
            if not options.database and media.is_included(sidecar, run.remote):
                tasks.append(sidecar.task(partial(media.back_up, run.remote, allow_deletes=options.allow_deletes)))
            task_runner.run_tasks(tasks)
    return 0
