"""``list``: the backups on the remote. Does not connect to a database."""

from __future__ import annotations

import json
import logging
from argparse import ArgumentParser
from datetime import UTC, datetime

from django_rclone import catalog, conf, listing
from django_rclone.management import options
from django_rclone.media import mirror
from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.environment.read import Environment

logger = logging.getLogger(__name__)


def parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    made = arguments.parser(
        "list", "List the backups on the remote, newest first. Only `good` backups are restored by default."
    )
    made.add_argument("-d", "--database", type=options.text, metavar="ALIAS", help="Only this database.")
    made.add_argument("--media", action="store_true", help="List the mirror of the media files instead.")
    arguments.add_json(made, "one JSON array")
    return made


def main(argv: list[str], environment: Environment) -> int:
    given = parser().parse_args(argv)
    bootstrap.start(environment)
    if given.media:
        _media(given.json)
    else:
        _backups(given.database or "", given.json)
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
    files = mirror.files(remote, mirror.locate(remote))
    if as_json:
        print(json.dumps([listing.media_document(file) for file in files], indent=2))
    elif files:
        print("\n".join(listing.media_table(files)))
