"""The settings of processes that know the history and no target: the pages, and runs whose own settings are wrong."""

import os

from django_rclone_sidecar import env, history_file

ENVIRONMENT = env.read(os.environ)

SECRET_KEY = "nothing here is signed"  # noqa: S105 - no sessions, no forms
INSTALLED_APPS = ["django_rclone_sidecar"]
DATABASES = {"default": {}, **history_file.database(ENVIRONMENT.get("BACKUP_STATE_DIR"))}
DATABASE_ROUTERS = [history_file.ROUTER]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING_CONFIG = None
USE_TZ = True
