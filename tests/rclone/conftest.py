"""What these tests share with the unit tests: the environment's own rclone, and a remote in a folder."""

from tests.unit.conftest import _own_rclone, remote

__all__ = ["_own_rclone", "remote"]
