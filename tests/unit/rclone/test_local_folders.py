"""Local folders in which a remote stores its files."""

from __future__ import annotations

from pathlib import Path

from django_rclone.rclone.local_folders import local_folders
from django_rclone.rclone.remote import Remote


def test_no_configuration_is_read_for_a_path(tmp_path: Path) -> None:
    assert local_folders(Remote(str(tmp_path), binary="/not/there")) == [tmp_path]
