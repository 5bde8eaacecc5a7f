"""The mirror of the media files: the project that owns it, and the folder that it was made from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from django_rclone.exceptions import ConfigurationError, NothingToRestore
from django_rclone.media import backup, mirror, record_store
from django_rclone.media.sync_log import Changes
from tests.rclone.media_site import NO_LIMITS, Site


def test_projects_on_one_remote_keep_and_restore_their_own(site: Site, tmp_path: Path, settings: Any) -> None:
    other = Site(tmp_path / "other", site.remote, settings)
    for owner, name in ((site, "Shop"), (other, "shop"), (site, "")):
        owner.set(name)
        owner.fill("same.txt", f"only {owner.root.name}.txt")
        owner.back_up()
    for owner, name in ((other, "shop"), (site, "Shop"), (site, "")):
        owner.set(name)
        for path in owner.root.iterdir():
            path.unlink()
        owner.restore()
        assert {path.read_text() for path in owner.root.iterdir()} == {
            f"{owner.root.name} same.txt",
            f"{owner.root.name} only {owner.root.name}.txt",
        }


def test_a_mirror_whose_record_names_another_is_neither_written_nor_restored(site: Site) -> None:
    site.fill("a.txt")
    site.back_up()
    record = site.stored / "manifests/media/media.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"project": "shop"}))
    site.fill("b.txt")
    for work in (site.back_up, site.restore):
        with pytest.raises(ConfigurationError, match=r'belongs to the project "shop", and this project has no name'):
            work()
    assert site.mirrored() == ["a.txt"]
    assert (site.root / "b.txt").exists()


def test_the_mirror_that_a_named_project_made_before_is_found_and_kept(site: Site) -> None:
    site.fill("a.txt", "b.txt")
    site.set("shop")
    backup.back_up(site.remote, "media", allow_empty=False, limits=NO_LIMITS, quiet=True)
    assert mirror.locate(site.remote) == "media"
    assert mirror.locate(site.remote, "other") == "projects/other/media"
    (site.root / "a.txt").unlink()
    assert site.restore().copied == 1
    site.fill("c.txt")
    assert site.back_up().copied == 1
    assert not (site.stored / "projects").exists()


def test_a_project_that_got_a_name_learns_where_the_mirrors_are(site: Site) -> None:
    site.fill("a.txt")
    site.back_up()
    site.set("shop")
    with pytest.raises(NothingToRestore, match=r"mirrors in other folders: media\. Is PROJECT right\?"):
        site.restore()
    site.back_up()
    assert site.mirrored() == site.mirrored("projects/shop/media") == ["a.txt"]


def test_another_source_is_reported_and_may_delete_less(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.fill("a.txt", "b.txt", "c.txt")
    site.back_up()
    found = record_store.read(site.remote, "media")
    assert found is not None
    assert found.source == str(site.root)
    moved = site.root.with_name("moved")
    site.root.rename(moved)
    site.root = moved
    site.set()
    site.back_up()  # the same files elsewhere are no reason for a warning
    assert "two projects" not in caplog.text
    record = site.stored / "manifests/media/media.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"source": "/srv/other"}))
    for name in ("a.txt", "b.txt"):
        (site.root / name).unlink()
    with pytest.raises(ConfigurationError, match="2 of 3 files"):
        site.back_up()
    assert "was made from /srv/other on" in caplog.text


def test_two_projects_without_a_name_do_not_erase_each_other(site: Site, tmp_path: Path, settings: Any) -> None:
    other = Site(tmp_path / "other", site.remote, settings)
    for owner in (site, other):
        owner.fill("logo.txt", f"{owner.root.name}/1.txt", f"{owner.root.name}/2.txt")
    site.set()
    site.back_up()
    before = site.mirrored()
    other.set()
    with pytest.raises(ConfigurationError, match="2 of 3 files"):
        other.back_up()
    assert site.mirrored() == before


def test_two_projects_without_a_name_do_not_replace_each_others_files(
    site: Site, tmp_path: Path, settings: Any
) -> None:
    other = Site(tmp_path / "other", site.remote, settings)
    for owner in (site, other):  # of the same size, and not of the same time
        owner.fill("logo.txt", "style.txt")
        (owner.root / "logo.txt").write_text(f"{owner.root.name[:4]}")
        (owner.root / "style.txt").write_text(f"{owner.root.name[-4:]}")
        for path in owner.root.iterdir():
            os.utime(path, (owner is site, owner is site))
    site.set()
    site.back_up()
    other.set()
    with pytest.raises(ConfigurationError, match=r"replace 2 of 2 by other files with the same names.*--allow-deletes"):
        other.back_up()
    assert (site.stored / "media/logo.txt").read_text() == "medi"
    assert other.back_up(allow_deletes=True).copied == 2


def test_a_copy_of_the_folder_elsewhere_is_the_same_project(site: Site) -> None:
    site.fill("a.txt", "b.txt", "c.txt")
    site.back_up()
    for path in site.root.iterdir():
        path.write_text(path.read_text())  # the same content, as a copy without its times has it
        os.utime(path, (1, 1))
    moved = site.root.with_name("moved")
    site.root.rename(moved)
    site.root = moved
    site.set()
    assert site.back_up() == Changes(0, 0, 0)
