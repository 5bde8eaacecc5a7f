"""Drills: restore a backup into a scratch database, compare that with the backup, and drop it."""
