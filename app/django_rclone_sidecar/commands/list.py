"""``list``: lists the backups on the remote. Does not connect to a database."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from datetime import UTC, datetime

from django_rclone import catalog, conf, listing
from django_rclone.management import options
from django_rclone.media import mirror
from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.environment.read import Environment

logger = logging.getLogger(__name__)


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser(
        "list", "List the backups on the remote, newest first. Only `good` backups are restored by default."
    )
    options.add_listing_options(parser)
    return parser


def main(argv: list[str], environment: Environment) -> int:
    given = create_parser().parse_args(argv)
    bootstrap.start(environment)
    if given.media:
        _media(given.json)
    else:
        _backups(given.database or "", given.json)
    return 0


def _backups(alias: str, as_json: bool) -> None:
    backups = catalog.load(conf.remote(), conf.names(), alias)
    if as_json:
        print(listing.to_json(backups))
        return
    now = datetime.now(UTC)
    if backups:
        print("\n".join(listing.table(backups, now)))
    for line in listing.remarks(backups, now):
        logger.warning("%s", line, extra={"event": "list.problem"})


def _media(as_json: bool) -> None:
    remote = conf.remote()
    files = mirror.files(remote, mirror.locate(remote))
    if as_json:
        print(listing.media_to_json(files))
    elif files:
        print("\n".join(listing.media_table(files)))
