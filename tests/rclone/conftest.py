"""Fixtures shared with the unit tests, and a site with media files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from django_rclone.rclone.remote import Remote
from tests.rclone.media_site import Site
from tests.unit.conftest import _own_rclone, databases, nothing_is_left, remote, until

__all__ = ["_own_rclone", "databases", "nothing_is_left", "remote", "until"]


@pytest.fixture
def site(tmp_path: Path, remote: Remote, settings: Any) -> Site:
    return Site(tmp_path / "media", remote, settings)
