"""Backup of the media files: what may be deleted from the mirror, and what is left out."""

from __future__ import annotations

import dataclasses
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from django_rclone import checks
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Locked
from django_rclone.media import lock
from django_rclone.media.sync import comparison_flags
from django_rclone.rclone.abilities import Abilities
from django_rclone.rclone.remote import Remote
from tests.rclone.media_site import Site


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


def test_files_that_lost_their_content_are_reported(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.fill(*(f"{number}.txt" for number in range(12)))
    site.back_up()
    for path in site.root.iterdir():
        path.write_bytes(b"")
    site.fill("whole.txt")
    site.back_up()
    assert "12 files of MEDIA_ROOT that are uploaded have no content" in caplog.text


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
    assert "differs from another's only in Unicode form or case" in caplog.text
    assert "not valid UTF-8" in caplog.text


def test_links_are_followed_where_the_settings_allow_it(site: Site, tmp_path: Path) -> None:
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


@pytest.mark.parametrize(
    ("can", "encrypted", "flags"),
    [
        (Abilities(atomic=True, streams=True), False, ()),
        (Abilities(atomic=True, streams=True, times=False), False, ("--checksum",)),
        (Abilities(atomic=True, streams=True, times=False), True, ("--ignore-times",)),
        (Abilities(atomic=True, streams=True, times=False, hashes=False), False, ("--ignore-times",)),
    ],
)
def test_changes_are_detected_by_what_the_storage_keeps(
    remote: Remote, can: Abilities, encrypted: bool, flags: tuple[str, ...]
) -> None:
    used = dataclasses.replace(remote, base=remote) if encrypted else remote
    assert comparison_flags(used, can) == flags


def test_a_second_run_on_one_folder_ends_with_the_reason(site: Site) -> None:
    site.fill("a.txt")
    site.back_up()
    with lock.held(site.root):
        for work in (site.back_up, site.restore):
            with pytest.raises(Locked, match="Another run is saving or restoring"):
                work()


def test_checks_report_folders_and_remotes_that_overlap(site: Site) -> None:
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
