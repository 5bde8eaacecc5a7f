"""``manage.py listbackups``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser

from django_rclone import catalog, conf, listing
from django_rclone.management import options as arguments
from django_rclone.management.base import BackupCommand
from django_rclone.media import mirror


class Command(BackupCommand):
    """Lists the backups on the remote."""

    help = (
        "Lists the backups on the remote, newest first. States: good; damaged (its object or manifest is not what it "
        "should be); unverified (no manifest: made by django-rclone 0.4 or by hand); orphan and partial (its run "
        "died). Only good backups are restored by default."
    )

    prints_result = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-d", "--database", type=arguments.text, metavar="ALIAS", help="Only this database alias.")
        parser.add_argument("--media", action="store_true", help="List the mirror of the media files instead.")
        parser.add_argument("--json", action="store_true", help="Print one JSON array.")

    def work(self, *, database: str | None, media: bool, **options: Any) -> None:
        if media:
            self._media(options["json"])
            return
        backups = catalog.load(conf.remote(), conf.names(), database or "")
        if options["json"]:
            self.stdout.write(json.dumps([listing.document(backup) for backup in backups], indent=2))
            return
        if not backups:
            self.stdout.write("No database backups found.")
            return
        now = datetime.now(UTC)
        for line in listing.table(backups, now):
            self.stdout.write(line)
        for line in listing.remarks(backups, now):
            self.stderr.write(line)

    def _media(self, as_json: bool) -> None:
        remote = conf.remote()
        files = mirror.files(remote, mirror.locate(remote))
        if as_json:
            self.stdout.write(json.dumps([listing.media_document(file) for file in files], indent=2))
            return
        if not files:
            self.stdout.write("No media backups found.")
            return
        for line in listing.media_table(files):
            self.stdout.write(line)
