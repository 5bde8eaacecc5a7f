"""``media-backup``: the media files alone."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial

from django_rclone import conf
from django_rclone_sidecar import bootstrap
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import lock, media, runner


def parser() -> ArgumentParser:
    """Returns what reads the command's arguments."""
    made = ArgumentParser(
        "django-rclone media-backup",
        description="Makes the mirror of the media files on the remote equal to them: only what changed is sent.",
        allow_abbrev=False,
    )
    made.add_argument(
        "--allow-empty",
        action="store_true",
        help="Go on when the folder is empty and the mirror is not: this deletes the mirror's files.",
    )
    made.add_argument(
        "--allow-deletes",
        action="store_true",
        help="Go on when most of the mirror's files are gone from the folder, and some are not: they are deleted.",
    )
    return made


def main(arguments: list[str], environment: Environment) -> int:
    options = parser().parse_args(arguments)
    with runner.run("media-backup", environment) as tasks:
        sidecar = bootstrap.start(environment)
        with lock.held(sidecar.environment.get("BACKUP_STATE_DIR")):
            media.require_folder(sidecar)
            allowed = {"allow_empty": options.allow_empty, "allow_deletes": options.allow_deletes}
            tasks.each([sidecar.task(partial(media.back_up, conf.remote(), **allowed))])
    return 0
