"""``manage.py listbackups``."""

from __future__ import annotations

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
        "Lists the backups on the remote, newest first. States: good; damaged (the manifest cannot be read, or the "
        "object is missing or has another size); failed (its newest verification failed); unverified (no manifest: "
        "made by django-rclone 0.4 or by hand); orphan and partial (left by an interrupted run). Only good backups are "
        "restored by default."
    )

    prints_result = True

    def add_arguments(self, parser: CommandParser) -> None:
        arguments.add_listing_options(parser)

    def work(self, *, database: str | None, media: bool, **options: Any) -> None:
        if media:
            self._media(options["json"])
            return
        backups = catalog.load(conf.remote(), conf.names(), database or "")
        if options["json"]:
            self.stdout.write(listing.to_json(backups))
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
            self.stdout.write(listing.media_to_json(files))
            return
        if not files:
            self.stdout.write("No media backups found.")
            return
        for line in listing.media_table(files):
            self.stdout.write(line)
