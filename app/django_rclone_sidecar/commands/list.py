"""``list``: what is on the remote. Asks no database."""

from __future__ import annotations

import json
import logging
from argparse import ArgumentParser
from datetime import UTC, datetime

from django_rclone import catalog, conf, listing
from django_rclone.management import options as arguments
from django_rclone.media import recipes
from django_rclone_sidecar import bootstrap
from django_rclone_sidecar.environment.read import Environment

logger = logging.getLogger(__name__)


def parser() -> ArgumentParser:
    """Returns what reads the command's arguments."""
    made = ArgumentParser(
        "django-rclone list",
        description="Lists the backups on the remote, newest first. Only good ones are restored unasked.",
        allow_abbrev=False,
    )
    made.add_argument("-d", "--database", type=arguments.text, metavar="ALIAS", help="Only this database alias.")
    made.add_argument("--media", action="store_true", help="List the mirror of the media files instead.")
    made.add_argument("--json", action="store_true", help="Print one JSON array.")
    return made


def main(given: list[str], environment: Environment) -> int:
    options = parser().parse_args(given)
    bootstrap.start(environment)
    if options.media:
        _media(options.json)
    else:
        _backups(options.database or "", options.json)
    return 0


def _backups(alias: str, as_json: bool) -> None:
    backups = catalog.load(conf.remote(), conf.names(), alias)
    if as_json:
        print(json.dumps([listing.document(backup) for backup in backups], indent=2))
        return
    now = datetime.now(UTC)
    if backups:
        print("\n".join(listing.table(backups, now)))
    for line in listing.remarks(backups, now):
        logger.warning("%s", line, extra={"event": "list.problem"})


def _media(as_json: bool) -> None:
    remote = conf.remote()
    files = recipes.listed(remote, recipes.located(remote))
    if as_json:
        print(json.dumps([listing.media_document(file) for file in files], indent=2))
    elif files:
        print("\n".join(listing.media_table(files)))
