"""``manage.py listbackups``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser

from django_rclone import catalog, conf, display
from django_rclone.catalog import Backup
from django_rclone.management.base import BackupCommand

_HEADER = ("id", "database", "engine", "when", "age", "size", "compression", "state", "path")


class Command(BackupCommand):
    """Lists what is on the remote."""

    help = (
        "Lists the backups on the remote, newest first. States: good; damaged (its object or manifest is not what it "
        "should be); unverified (no manifest: made by django-rclone 0.4 or by hand); orphan and partial (its run "
        "died). Only good ones are restored unasked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-d", "--database", default="", metavar="ALIAS", help="Only this database alias.")
        parser.add_argument("--media", action="store_true", help="List the mirror of the media files instead.")
        parser.add_argument("--json", action="store_true", help="Print one JSON array.")

    def work(self, *, database: str, media: bool, **options: Any) -> None:
        if media:
            self._media(options["json"])
            return
        backups = catalog.load(conf.remote(), conf.names(), database)
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(backup) for backup in backups], indent=2))
            return
        if not backups:
            self.stdout.write("No database backups found.")
            return
        rows = [_as_row(backup, datetime.now(UTC)) for backup in backups]
        for line in display.table(_HEADER, rows, right=(4, 5)):
            self.stdout.write(line)
        for backup in backups:
            if backup.problem:
                self.stderr.write(f"{backup.path}: {backup.state}: {backup.problem}.")

    def _media(self, as_json: bool) -> None:
        files = sorted(conf.remote().files(conf.get("MEDIA_BACKUP_DIR"), recursive=True), key=lambda file: file.path)
        if as_json:
            listed = [{"path": f.path, "bytes": f.size, "modified": f.modified.isoformat()} for f in files]
            self.stdout.write(json.dumps(listed, indent=2))
            return
        if not files:
            self.stdout.write("No media backups found.")
            return
        rows = [(file.path, display.size(file.size), display.moment(file.modified)) for file in files]
        for line in display.table(("path", "size", "modified"), rows, right=(1,)):
            self.stdout.write(line)
        self.stdout.write(f"{len(files)} files, {display.size(sum(file.size for file in files))}")


def _as_row(backup: Backup, now: datetime) -> tuple[str, ...]:
    manifest = backup.manifest
    return (
        backup.id or "-",
        backup.database or "-",
        manifest.engine or "-",
        display.moment(backup.moment),
        display.age(now - backup.moment),
        display.size(backup.size),
        manifest.compression or "-",
        backup.state.value,
        backup.file,
    )


def _as_json(backup: Backup) -> dict[str, Any]:
    manifest = backup.manifest
    return {
        "id": backup.id,
        "database": backup.database,
        "project": manifest.project,
        "engine": manifest.engine,
        "name": manifest.name,
        "when": backup.moment.isoformat(),
        "bytes": backup.size,
        "compression": manifest.compression,
        "state": backup.state.value,
        "problem": backup.problem,
        "path": backup.path,
        "sha256": manifest.objects[0].sha256,
    }
