"""``manage …``: Django's management commands, in the sidecar's project."""

from __future__ import annotations

import os

from django.core.management import ManagementUtility

from django_rclone import vocabulary
from django_rclone_sidecar import bootstrap, rclone_config
from django_rclone_sidecar.vocabulary import Settings


def main(arguments: list[str]) -> int:
    bootstrap.take_over_settings_module(os.environ)
    rclone_config.provide(os.environ)
    with vocabulary.using(Settings()):
        ManagementUtility(["django-rclone manage", *arguments]).execute()
    return 0
