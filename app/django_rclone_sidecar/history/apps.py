"""The Django app of the history."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "django_rclone_sidecar.history"
    # Kept from older versions, so that their files stay readable.
    label = "django_rclone_sidecar"
