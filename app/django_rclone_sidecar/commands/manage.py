"""``manage …``: runs a Django management command in the sidecar's project."""

from __future__ import annotations

import os

from django.core.management import ManagementUtility

from django_rclone import setting_names
from django_rclone_sidecar import rclone_config
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.setting_names import VariableNames


def main(argv: list[str], _environment: Environment) -> int:
    rclone_config.provide(os.environ)
    with setting_names.using(VariableNames()):
        ManagementUtility(["django-rclone manage", *argv]).execute()
    return 0
