"""Symbolic links in MEDIA_ROOT."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_rclone.exceptions import ConfigurationError
from django_rclone.media import symlinks


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "media").mkdir()
    return tmp_path / "media"


def test_a_link_that_leads_back_is_refused_and_one_that_leads_aside_is_not(root: Path) -> None:
    (root / "a/b").mkdir(parents=True)
    (root / "aside").symlink_to("a")
    symlinks.refuse_loops(root)
    (root / "a/b/up").symlink_to("..")
    with pytest.raises(ConfigurationError, match=r"b/up is a link that leads back to .*/media/a,"):
        symlinks.refuse_loops(root)


def test_two_links_that_lead_to_each_other_are_refused(root: Path, tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / one).mkdir(exist_ok=True)
        (tmp_path / one / "next").symlink_to(tmp_path / other)
    (root / "outside").symlink_to(tmp_path / "a")
    with pytest.raises(ConfigurationError, match="leads back"):
        symlinks.refuse_loops(root)


def test_the_topmost_link_on_the_path_of_each_folder_is_found(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside/below").mkdir(parents=True)
    (tmp_path / "outside/deeper").symlink_to("below")
    (root / "plain").mkdir()
    (root / "linked").symlink_to(tmp_path / "outside")
    (root / "plain/broken").symlink_to("nowhere")
    folders = ["", "plain", "linked/deeper", "linked/below/x", "plain/broken/y", "gone/z"]
    assert symlinks.topmost_links(root, folders) == ["linked", "plain/broken"]
    assert symlinks.topmost_links(root / "linked", ["", "below"]) == []
