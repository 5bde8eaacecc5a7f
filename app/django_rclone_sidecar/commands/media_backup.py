"""``media-backup``: backup of the media files only."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial

from django_rclone import conf
from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import lock, media, runner


def parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    made = arguments.parser(
        "media-backup", "Make the mirror on the remote equal to the media files. Only changes are sent."
    )
    made.add_argument(
        "--allow-empty",
        action="store_true",
        help="Go on when the folder is empty and the mirror is not. This deletes the mirror's files.",
    )
    arguments.add_allow_deletes(made)
    return made


def main(argv: list[str], environment: Environment) -> int:
    options = parser().parse_args(argv)
    with runner.run("media-backup", environment) as task_runner:
        sidecar = bootstrap.start(environment)
        with lock.held(sidecar.environment.get("BACKUP_STATE_DIR")):
            media.require_folder(sidecar)
            allowed = {"allow_empty": options.allow_empty, "allow_deletes": options.allow_deletes}
            task_runner.run_tasks([sidecar.task(partial(media.back_up, conf.remote(), **allowed))])
    return 0
