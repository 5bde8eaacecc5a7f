"""``media-restore``: restore of the media files only."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial

from django_rclone import conf
from django_rclone_sidecar import arguments
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import confirm, locked_run, media


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser(
        "media-restore",
        "Make the media files equal to their mirror on the remote. Files that are not in the mirror are deleted. On a "
        "terminal, their number is shown before you confirm.",
    )
    confirm.add_options(parser)
    return parser


def main(argv: list[str], environment: Environment) -> int:
    given = create_parser().parse_args(argv)
    with locked_run.start("media-restore", environment, observed=not given.dry_run) as (sidecar, task_runner):
        media.require_folder(sidecar)
        remote = conf.remote()
        plan = media.plan(remote)
        if confirm.confirmed(given, str(plan)):
            task_runner.run_tasks([sidecar.task(partial(media.restore, remote, plan))])
    return 0
