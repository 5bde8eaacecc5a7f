"""Settings of the web server."""

from __future__ import annotations

from django_rclone_sidecar.history import location
from django_rclone_sidecar.settings import base
from django_rclone_sidecar.settings.base import *  # noqa: F403 - a settings module is made of its names

DATABASES = base.DATABASES
# Seconds that a scrape waits for a run that writes to the history.
DATABASES[location.ALIAS]["OPTIONS"] = {"timeout": 2}

ROOT_URLCONF = "django_rclone_sidecar.web.urls"
MIDDLEWARE = ["django_rclone_sidecar.web.middleware.ReadOnlyMiddleware"]
# No response depends on the host name.
ALLOWED_HOSTS = ["*"]
DEBUG = False
APPEND_SLASH = False
INSTALLED_APPS = ["django_rclone_sidecar.history", "django_rclone_sidecar.web"]  # web has the templates
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
USE_I18N = False
USE_TZ = True
