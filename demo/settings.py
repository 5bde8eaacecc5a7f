"""A small Django project: photos with comments, in SQLite, and their files in MEDIA_ROOT."""

from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent

SECRET_KEY = "only for the demo"  # noqa: S105
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = ["gallery", "django_rclone"]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
        # So that writers need not wait while a backup is made.
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"},
    }
}
MEDIA_ROOT = BASE_DIR / "media"

# This is all that a project has to say. Any of rclone's remotes does: "s3:bucket/site", "sftp:backups" …
DJANGO_RCLONE = {"REMOTE": str(BASE_DIR.parent / "backups")}
