"""The mirror of the media files: whose it is, what may be deleted from it, and what is left out."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from django_rclone import checks, process
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Locked, NothingToRestore
from django_rclone.media import recipes
from django_rclone.media import sync as media_sync
from django_rclone.media.media_root import locked
from django_rclone.media.sync_log import Changes
from django_rclone.rclone.abilities import Abilities
from django_rclone.rclone.remote import Remote

NO_LIMITS = process.Limits(timeout=None, stall=None)


class Site:
    """A project with media files."""

    def __init__(self, root: Path, remote: Remote, settings: Any) -> None:
        self.root, self.remote, self._settings = root, remote, settings
        self.stored = Path(remote.root)
        root.mkdir(exist_ok=True)
        self.set()

    def set(self, project: str = "", **options: Any) -> None:
        """Makes this the project whose settings hold."""
        self._settings.MEDIA_ROOT = str(self.root)
        self._settings.DJANGO_RCLONE = {"REMOTE": self.remote.root, "PROJECT": project, **options}

    def fill(self, *names: str) -> None:
        for name in names:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(f"{self.root.name} {name}")

    def back_up(self, **allowed: bool) -> Changes:
        options = {"allow_empty": False, **allowed}
        return recipes.back_up(self.remote, recipes.located(self.remote), limits=NO_LIMITS, quiet=True, **options)

    def restore(self) -> Changes:
        folder = recipes.located(self.remote)
        planned = recipes.preview(self.remote, folder, NO_LIMITS)
        return recipes.restore(self.remote, folder, NO_LIMITS, planned=planned, quiet=True)

    def mirrored(self, folder: str = "media") -> list[str]:
        there = self.stored / folder
        return sorted(str(path.relative_to(there)) for path in there.rglob("*") if path.is_file())


@pytest.fixture
def site(tmp_path: Path, remote: Remote, settings: Any) -> Site:
    return Site(tmp_path / "media", remote, settings)


# Whose it is


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
        with pytest.raises(ConfigurationError, match=r'is of the project "shop", and this one has no name'):
            work()
    assert site.mirrored() == ["a.txt"]
    assert (site.root / "b.txt").exists()


def test_the_mirror_that_a_named_project_made_before_is_found_and_kept(site: Site) -> None:
    site.fill("a.txt", "b.txt")
    site.set("shop")
    recipes.back_up(site.remote, "media", allow_empty=False, limits=NO_LIMITS, quiet=True)
    assert recipes.located(site.remote) == "media"
    assert recipes.located(site.remote, "other") == "projects/other/media"
    (site.root / "a.txt").unlink()
    assert site.restore().copied == 1
    site.fill("c.txt")
    assert site.back_up().copied == 1
    assert not (site.stored / "projects").exists()


def test_a_project_that_got_a_name_is_told_where_the_mirrors_are(site: Site) -> None:
    site.fill("a.txt")
    site.back_up()
    site.set("shop")
    with pytest.raises(NothingToRestore, match=r"mirrors in other folders: media\. Is PROJECT right\?"):
        site.restore()
    site.back_up()
    assert site.mirrored() == site.mirrored("projects/shop/media") == ["a.txt"]


def test_another_source_is_said_and_may_delete_less(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.fill("a.txt", "b.txt", "c.txt")
    site.back_up()
    found = recipes.last(site.remote, "media")
    assert found is not None
    assert found.source == str(site.root)
    moved = site.root.with_name("moved")
    site.root.rename(moved)
    site.root = moved
    site.set()
    site.back_up()  # the same files elsewhere are no reason to say anything
    assert "two projects" not in caplog.text
    record = site.stored / "manifests/media/media.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"source": "/srv/other"}))
    for name in ("a.txt", "b.txt"):
        (site.root / name).unlink()
    with pytest.raises(ConfigurationError, match="2 of 3 files"):
        site.back_up()
    assert "was made of /srv/other on" in caplog.text


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
    with pytest.raises(ConfigurationError, match=r"replace 2 of 2 by others of the same names.*--allow-deletes"):
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


# What may be deleted


def test_most_of_a_mirror_goes_only_when_that_was_allowed(site: Site) -> None:
    site.fill(*(f"{number}.txt" for number in range(21)))
    site.back_up()
    for number in range(11):
        (site.root / f"{number}.txt").unlink()
    with pytest.raises(ConfigurationError, match=r"would delete 11 of 21 files.*--allow-deletes"):
        site.back_up(allow_empty=True)
    assert len(site.mirrored()) == 21
    assert site.back_up(allow_deletes=True).deleted == 11


@pytest.mark.parametrize("left", ["a .gitkeep", "a .gitkeep that was saved", "a broken link", "a pipe", "a link to it"])
def test_an_unmounted_sub_folder_erases_nothing(site: Site, left: str) -> None:
    volume = site.root / "volume"
    site.fill("volume/1.txt", "volume/2.txt", "volume/3.txt")
    if left == "a .gitkeep that was saved":
        (volume / ".gitkeep").touch()
    site.back_up()
    before = site.mirrored()
    volume.rename(site.root.with_name("unmounted"))
    if left == "a link to it":
        volume.symlink_to(site.root.with_name("unmounted"))
    else:
        volume.mkdir()
    if ".gitkeep" in left:
        (volume / ".gitkeep").touch()
    if left == "a broken link":
        (volume / "broken").symlink_to("nowhere")
    if left == "a pipe":
        os.mkfifo(volume / "pipe")
    for allowed in ({}, {"allow_deletes": True}):
        with pytest.raises(ConfigurationError, match=r"volume \(is (empty|a link); 3 files\).*--allow-empty"):
            site.back_up(**allowed)
    assert site.mirrored() == before


def test_a_sub_folder_with_less_than_half_is_named_in_a_warning(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.fill("a.txt", "b.txt", "volume/c.txt", "volume/d.txt")
    site.back_up()
    for name in ("c.txt", "d.txt"):
        (site.root / "volume" / name).unlink()
    assert site.back_up().deleted == 2
    assert "volume (is empty; 2 files)" in caplog.text


def test_files_that_vanish_while_they_are_saved_stop_the_sync(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.fill(*(f"{number}.txt" for number in range(40)))
    site.back_up()
    sync = Remote.sync

    def unmounting(self: Remote, *arguments: str) -> Any:
        if "--dry-run" not in arguments:
            for path in site.root.iterdir():
                path.unlink()
        return sync(self, *arguments)

    monkeypatch.setattr(Remote, "sync", unmounting)
    with pytest.raises(DjangoRcloneError, match="more files to delete than were counted"):
        site.back_up()
    assert len(site.mirrored()) >= 30


def test_a_mirror_that_holds_backups_of_databases_is_not_synced(site: Site) -> None:
    site.fill("a.txt")
    site.back_up()
    backup = site.stored / "media/manifests/20261123T101500Z-default-k3f9q2.json"
    backup.parent.mkdir()
    backup.write_text("{}")
    with pytest.raises(ConfigurationError, match="backups of databases"):
        site.back_up()
    assert backup.exists()


def test_files_that_lost_their_content_are_said(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.fill(*(f"{number}.txt" for number in range(12)))
    site.back_up()
    for path in site.root.iterdir():
        path.write_bytes(b"")
    site.fill("whole.txt")
    site.back_up()
    assert "12 files of MEDIA_ROOT that are sent have no content" in caplog.text


# What is left out


def test_links_and_special_files_are_counted_and_named(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.fill("a.txt", "caf\u00e9.txt")
    (site.root / "cafe\u0301.txt").write_text("a twin")
    (site.root / "link").symlink_to("a.txt")
    os.mkfifo(site.root / "pipe")
    with (site.root / os.fsdecode(b"bad\xff")).open("w") as file:
        file.write("x")
    with caplog.at_level(logging.WARNING):
        changes = site.back_up()
    assert (changes.copied, changes.skipped) == (3, 3)
    assert "1 symbolic link left out: link." in caplog.text
    assert "1 special file left out: pipe." in caplog.text
    assert "differs from another's in its Unicode form" in caplog.text
    assert "not valid UTF-8" in caplog.text


def test_links_are_followed_where_the_settings_say_so(site: Site, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/b.txt").write_text("b")
    site.fill("a.txt")
    (site.root / "folder").symlink_to(tmp_path / "outside")
    site.set(MEDIA_FOLLOW_LINKS=True)
    assert site.back_up().copied == 2
    assert site.mirrored() == ["a.txt", "folder/b.txt"]
    (site.root / "loop").symlink_to(".")
    with pytest.raises(ConfigurationError, match="loop is a link that leads back"):
        site.back_up()


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
    ("lying", "said"), [(1, r"without \[?a.txt.*Nothing was changed"), (2, "more files to delete than were counted")]
)
def test_a_listing_that_once_shows_less_deletes_nothing(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lying: int, said: str
) -> None:
    site.fill("a.txt", "b/c.txt")
    site.back_up()
    empty, calls, sync = tmp_path / "empty", [], Remote.sync
    empty.mkdir()

    def once(self: Remote, source: str, *arguments: str) -> Any:
        calls.append(source)
        return sync(self, str(empty) if len(calls) == lying else source, *arguments)

    monkeypatch.setattr(Remote, "sync", once)
    with pytest.raises(DjangoRcloneError, match=said):
        site.restore()
    assert len(calls) == lying
    assert sorted(path.name for path in site.root.rglob("*.txt")) == ["a.txt", "c.txt"]


def test_media_root_itself_may_be_a_link(site: Site) -> None:
    site.fill("a.txt")
    real = site.root.with_name("real")
    site.root.rename(real)
    site.root.symlink_to(real)
    site.back_up()
    (real / "a.txt").unlink()
    assert site.restore().copied == 1
    assert site.root.is_symlink()


def test_what_filters_exclude_is_neither_saved_nor_deleted(site: Site) -> None:
    site.fill("a.txt", "b.tmp")
    site.remote = dataclasses.replace(site.remote, flags=("--exclude", "*.tmp"))
    site.back_up()
    assert site.mirrored() == ["a.txt"]
    assert site.restore().deleted == 0
    assert (site.root / "b.tmp").exists()


# How changes are seen


@pytest.mark.parametrize(
    ("can", "encrypted", "flags"),
    [
        (Abilities(atomic=True, streams=True), False, ()),
        (Abilities(atomic=True, streams=True, times=False), False, ("--checksum",)),
        (Abilities(atomic=True, streams=True, times=False), True, ("--ignore-times",)),
        (Abilities(atomic=True, streams=True, times=False, hashes=False), False, ("--ignore-times",)),
    ],
)
def test_what_has_changed_is_told_by_what_the_storage_keeps(
    remote: Remote, can: Abilities, encrypted: bool, flags: tuple[str, ...]
) -> None:
    used = dataclasses.replace(remote, base=remote) if encrypted else remote
    assert media_sync.comparison(used, can) == flags


# Runs at once, checks


def test_a_second_run_on_one_folder_ends_with_the_reason(site: Site) -> None:
    site.fill("a.txt")
    site.back_up()
    with locked(site.root):
        for work in (site.back_up, site.restore):
            with pytest.raises(Locked, match="Another run is saving or restoring"):
                work()


def test_checks_tell_of_folders_and_remotes_that_overlap(site: Site) -> None:
    def ids() -> list[str | None]:
        return [message.id for message in checks.check_media()]

    assert ids() == []
    site.set(MEDIA_BACKUP_DIR="DB/media")
    assert ids() == ["django_rclone.E010"]
    site.set(REMOTE=str(site.root / "backups"))
    assert ids() == ["django_rclone.E011"]
    site.set("shop", DB_BACKUP_DIR="projects/shop/media")
    assert [message.id for message in checks.check_settings()] == ["django_rclone.E003"]


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_remote_in_media_root_is_refused_at_the_run(site: Site, encrypted: bool) -> None:
    site.fill("a.txt")
    remote = Remote(str(site.root / "backups"))
    if encrypted:
        remote = dataclasses.replace(site.remote, base=remote)
    site.remote = remote
    with pytest.raises(ConfigurationError, match="is in MEDIA_ROOT"):
        site.back_up()
    assert not (site.root / "backups").exists()
