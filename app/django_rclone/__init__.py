"""Backups of Django's databases and media, streamed to any of rclone's backends, and brought back whole."""

__version__ = "1.0.0"
