"""``media-restore``: restore of the media files only."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial

from django_rclone import conf
from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import confirm, lock, media, runner


def parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    made = arguments.parser(
        "media-restore",
        "Make the media files equal to their mirror on the remote. Files that are not in the mirror are deleted; on a "
        "terminal their number is shown before you confirm.",
    )
    confirm.add_options(made)
    return made


def main(argv: list[str], environment: Environment) -> int:
    options = parser().parse_args(argv)
    with runner.run("media-restore", environment, observed=not options.dry_run) as task_runner:
        sidecar = bootstrap.start(environment)
        with lock.held(sidecar.environment.get("BACKUP_STATE_DIR")):
            media.require_folder(sidecar)
            remote = conf.remote()
            plan = media.plan(remote)
            if confirm.confirmed(options, str(plan)):
                task_runner.run_tasks([sidecar.task(partial(media.restore, remote, plan))])
    return 0
