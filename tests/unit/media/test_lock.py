"""The lock of MEDIA_ROOT."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_rclone.exceptions import Locked
from django_rclone.media import lock


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with lock.held(tmp_path), pytest.raises(Locked, match="Another run"), lock.held(tmp_path):
        pass
    with lock.held(tmp_path):
        pass
    with lock.held(tmp_path / "not there"):
        pass
