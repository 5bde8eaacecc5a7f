"""Backup and restore of media files: a mirror of MEDIA_ROOT on the remote."""
