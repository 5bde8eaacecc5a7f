"""Fixtures shared with the unit tests."""

from tests.unit.conftest import _own_rclone, databases, nothing_is_left, remote, until

__all__ = ["_own_rclone", "databases", "nothing_is_left", "remote", "until"]
