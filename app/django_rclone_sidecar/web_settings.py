"""The settings of the web server: those of a process that knows the history and no target."""

from __future__ import annotations

from django_rclone_sidecar import history_file, history_settings
from django_rclone_sidecar.history_settings import *  # noqa: F403 - a settings module is made of its names

DATABASES = history_settings.DATABASES
# A scrape waits for no more than this on a run that writes.
DATABASES[history_file.ALIAS]["OPTIONS"] = {"timeout": 2}

ROOT_URLCONF = "django_rclone_sidecar.urls"
MIDDLEWARE = ["django_rclone_sidecar.web_guard.Guard"]
# Whatever name people reach it by: nothing here depends on it.
ALLOWED_HOSTS = ["*"]
DEBUG = False
APPEND_SLASH = False
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
USE_I18N = False
USE_TZ = True
