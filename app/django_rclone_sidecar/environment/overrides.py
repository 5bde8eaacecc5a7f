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
}
