"""Backups of Django's databases and media files, streamed to any rclone backend, and their restore."""

__version__ = "1.0.0"

DOCUMENTATION = "https://django-rclone.readthedocs.io/"
