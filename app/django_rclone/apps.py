"""The Django app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class DjangoRcloneConfig(AppConfig):
    """Registers the system checks."""

    name = "django_rclone"
    verbose_name = "Backups"

    def ready(self) -> None:
        from django_rclone import checks  # noqa: F401, PLC0415 - importing registers them; needs a ready Django
