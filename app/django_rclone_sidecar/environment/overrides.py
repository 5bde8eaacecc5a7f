"""Environment variables that set a key of the project's ``DJANGO_RCLONE``."""

from __future__ import annotations

from collections.abc import Mapping

from django_rclone.setting_names import Key

OVERRIDES: Mapping[str, Key] = {
    "BACKUP_REMOTE": "REMOTE",
    "BACKUP_PROJECT": "PROJECT",
    "BACKUP_MEDIA_FOLLOW_LINKS": "MEDIA_FOLLOW_LINKS",
    "BACKUP_COMPRESSION": "COMPRESSION",
    "BACKUP_TIMEOUT": "TIMEOUT",
    "BACKUP_STALL_TIMEOUT": "STALL_TIMEOUT",
    "BACKUP_KEEP_LAST": "DB_CLEANUP_KEEP",
    "BACKUP_ENCRYPTION_PASSWORD": "ENCRYPTION_PASSWORD",
    "BACKUP_DRILL_ASSERTIONS": "DRILL_ASSERTIONS",
}

DRILL_DATABASE = "BACKUP_DRILL_DATABASE_URL"
"""Environment variable of the key ``DRILL_DATABASE``, which is a URL there."""

RETENTION: Mapping[str, str] = {
    "BACKUP_KEEP_LAST": "keep_last",
    "BACKUP_KEEP_HOURLY": "hourly",
    "BACKUP_KEEP_DAILY": "daily",
    "BACKUP_KEEP_WEEKLY": "weekly",
    "BACKUP_KEEP_MONTHLY": "monthly",
    "BACKUP_KEEP_YEARLY": "yearly",
    "BACKUP_KEEP_WITHIN": "within",
}
"""Environment variables of the keys of ``RETENTION``. If one is set, the project's ``RETENTION`` is not used."""
