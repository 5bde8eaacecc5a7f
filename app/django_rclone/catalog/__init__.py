"""Catalog of the remote: backups, and files that only look like backups."""

from django_rclone.catalog.backup import Backup as Backup
from django_rclone.catalog.backup import BackupState as BackupState
from django_rclone.catalog.backup import find as find
from django_rclone.catalog.backup import undocumented as undocumented
from django_rclone.catalog.loader import load as load
from django_rclone.catalog.loader import newest_manifests as newest_manifests
from django_rclone.catalog.verifications import read_verifications as read_verifications
