"""The Django app that the history's models belong to."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "django_rclone_sidecar.history"
    # The names of the tables begin with it: files that older versions made stay readable.
    label = "django_rclone_sidecar"
