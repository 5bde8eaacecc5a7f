"""``media-restore``: the media files alone."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial

from django_rclone import conf
from django_rclone_sidecar import bootstrap
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.runs import confirm, lock, media, runner


def parser() -> ArgumentParser:
    """Returns what reads the command's arguments."""
    made = ArgumentParser(
        "django-rclone media-restore",
        description="Makes the media files equal to their mirror on the remote. Files that the mirror lacks are "
        "deleted: at a terminal it says how many before it asks.",
        allow_abbrev=False,
    )
    confirm.add_options(made)
    return made


def main(arguments: list[str], environment: Environment) -> int:
    options = parser().parse_args(arguments)
    with runner.run("media-restore", environment, observed=not options.dry_run) as tasks:
        sidecar = bootstrap.start(environment)
        with lock.held(sidecar.environment.get("BACKUP_STATE_DIR")):
            media.require_folder(sidecar)
            remote = conf.remote()
            plan = media.plan(remote)
            if confirm.confirmed(options, str(plan)):
                tasks.each([sidecar.task(partial(media.restore, remote, plan))])
    return 0
