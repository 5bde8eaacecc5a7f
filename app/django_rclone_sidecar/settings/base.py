"""Settings of processes that use the history without a target: the web server, and runs without valid settings."""

from django_rclone_sidecar.environment import read
from django_rclone_sidecar.history import location

ENVIRONMENT = read.current()

SECRET_KEY = "nothing here is signed"  # noqa: S105 - no sessions, no forms
INSTALLED_APPS = ["django_rclone_sidecar.history"]
DATABASES = {"default": {}, **location.database(ENVIRONMENT.get("BACKUP_STATE_DIR"))}
DATABASE_ROUTERS = [location.ROUTER]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING_CONFIG = None
USE_TZ = True
