"""``manage.py backuptarget``."""

from __future__ import annotations

import json
import os
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.core.management.base import CommandParser

from django_rclone import conf, target_json
from django_rclone.db import registry
from django_rclone.exceptions import ConfigurationError
from django_rclone.management import options
from django_rclone.management.base import BackupCommand


class Command(BackupCommand):
    """Prints the settings of this project that a backup container needs."""

    help = (
        "Prints the databases, media folder and backup settings of this project as JSON, for a backup container "
        "without the project's packages (TARGET_JSON_FILE). THE OUTPUT CONTAINS PASSWORDS. It is written only to "
        "standard output: redirect it to memory, never to a log."
    )

    prints_result = True

    def add_arguments(self, parser: CommandParser) -> None:
        options.add_databases(parser, "Include only this database.")

    def work(self, *, database: list[str] | None, **_options: Any) -> None:
        media_root = str(settings.MEDIA_ROOT or "")
        default: Any = storages.backends.get("default")
        try:
            found = {
                "schema": target_json.SCHEMA,
                "databases": {alias: self._database(alias) for alias in database or registry.aliases()},
                "media_root": os.path.abspath(media_root) if media_root else "",  # noqa: PTH100 - links are not resolved
                "storages": {"default": target_json.storage(default)} if default else {},
                "time_zone": settings.TIME_ZONE or "",
                "django_rclone": target_json.plain(dict(conf.configured())),
            }
        except target_json.NotPlain as error:
            raise ConfigurationError(f"The settings cannot be written as JSON: {error}.") from error
        self.stdout.write(json.dumps(found, indent=2))

    def _database(self, alias: str) -> dict[str, Any]:
        if alias not in settings.DATABASES:
            known = ", ".join(sorted(settings.DATABASES))
            raise ConfigurationError(f'Database "{alias}" is not in DATABASES, which has: {known}.')
        return target_json.database(settings.DATABASES[alias])
