"""MEDIA_ROOT: which of its folders have files."""

from __future__ import annotations

from pathlib import Path

from django_rclone.media.media_root import MediaFolder, Presence


def test_files_that_links_lead_to_count_where_links_are_followed(tmp_path: Path) -> None:
    root = tmp_path / "media"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/photo.jpg").write_bytes(b"1")
    (root / "linked").symlink_to(tmp_path / "outside")
    assert MediaFolder(root).presence("linked") is Presence.LINK
    assert MediaFolder(root, follow_links=True).presence("linked") is Presence.FULL
