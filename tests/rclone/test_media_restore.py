"""Restore of the media files: nothing is written or deleted through links, nor deleted because of a wrong listing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.media.restore import restore
from django_rclone.rclone.remote import Remote
from tests.rclone.media_site import NO_LIMITS, Site


@pytest.mark.parametrize("follow", [False, True])
def test_a_restore_neither_writes_nor_deletes_through_a_link(site: Site, tmp_path: Path, follow: bool) -> None:
    site.fill("a.txt", "deep/folder/b.txt")
    site.back_up()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs.txt").write_text("theirs")
    site.set(MEDIA_FOLLOW_LINKS=follow)
    (site.root / "other").symlink_to(outside)
    site.restore()
    (site.root / "deep/folder/b.txt").unlink()
    (site.root / "deep/folder").rmdir()
    (site.root / "deep/folder").symlink_to(outside)
    (site.root / "a.txt").unlink()
    with pytest.raises(ConfigurationError, match="links where the mirror has folders: deep/folder"):
        site.restore()
    assert not (site.root / "a.txt").exists()
    assert [path.name for path in outside.iterdir()] == ["theirs.txt"]


def test_a_link_made_between_preview_and_restore_is_not_written_through(site: Site, tmp_path: Path) -> None:
    site.fill("a.txt", "deep/folder/b.txt")
    site.back_up()
    (site.root / "a.txt").unlink()
    planned = site.preview()
    outside = tmp_path / "outside"
    outside.mkdir()
    (site.root / "deep").rename(tmp_path / "moved")
    (site.root / "deep").symlink_to(outside)
    with pytest.raises(ConfigurationError, match=r"links where the mirror has folders: deep\. Files would be"):
        restore(site.remote, planned, NO_LIMITS, quiet=True)
    assert list(outside.iterdir()) == []
    assert not (site.root / "a.txt").exists()


def test_a_link_below_which_filters_exclude_all_files_is_no_obstacle(site: Site, tmp_path: Path) -> None:
    site.fill("a.txt", "private/b.txt")
    site.back_up()
    (site.root / "a.txt").unlink()
    (site.root / "private").rename(tmp_path / "private")
    (site.root / "private").symlink_to(tmp_path / "private")
    site.remote = dataclasses.replace(site.remote, flags=("--exclude", "/private/**"))
    assert site.restore().copied == 1
    assert (site.root / "private").is_symlink()


def test_a_restore_replaces_a_link_to_a_file(site: Site, tmp_path: Path) -> None:
    site.fill("a.txt")
    site.back_up()
    (tmp_path / "outside.txt").write_text("theirs")
    (site.root / "a.txt").unlink()
    (site.root / "a.txt").symlink_to(tmp_path / "outside.txt")
    site.restore()
    assert not (site.root / "a.txt").is_symlink()
    assert (tmp_path / "outside.txt").read_text() == "theirs"


@pytest.mark.parametrize(
    ("lying", "message"), [(1, r"lacks a.txt.*Nothing was changed"), (2, "more files to delete than were counted")]
)
def test_a_listing_that_once_shows_less_deletes_nothing(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lying: int, message: str
) -> None:
    site.fill("a.txt", "b/c.txt")
    site.back_up()
    empty, calls, sync = tmp_path / "empty", [], Remote.sync
    empty.mkdir()

    def once(self: Remote, source: str, *arguments: str) -> Any:
        calls.append(source)
        return sync(self, str(empty) if len(calls) == lying else source, *arguments)

    monkeypatch.setattr(Remote, "sync", once)
    with pytest.raises(DjangoRcloneError, match=message):
        site.restore()
    assert len(calls) == lying
    assert sorted(path.name for path in site.root.rglob("*.txt")) == ["a.txt", "c.txt"]
