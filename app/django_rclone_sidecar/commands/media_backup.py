"""``media-backup``: backup of the media files only."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial

from django_rclone import conf
from django_rclone.management import options
from django_rclone_sidecar import arguments
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import locked_run, media


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser("media-backup", "Mirror the media files to the remote. Only changes are uploaded.")
    options.add_allow_empty(parser)
    options.add_allow_deletes(parser)
    return parser


def main(argv: list[str], environment: Environment) -> int:
    given = create_parser().parse_args(argv)
    with locked_run.start("media-backup", environment) as (sidecar, task_runner):
        media.require_folder(sidecar)
        allowed = {"allow_empty": given.allow_empty, "allow_deletes": given.allow_deletes}
        task_runner.run_tasks([sidecar.task(partial(media.back_up, conf.remote(), **allowed))])
    return 0
