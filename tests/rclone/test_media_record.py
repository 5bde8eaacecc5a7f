"""The mirror's record: when the media files were last backed up, as read back from the remote."""

from __future__ import annotations

import dataclasses
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone import media_record, process
from django_rclone.command import Secret
from django_rclone.exceptions import DjangoRcloneError, Interrupted, Unavailable
from django_rclone.layout.manifest_paths import parse_manifest_name
from django_rclone.media import backup, record_store
from django_rclone.media_record import MediaRecord, MediaRecordError
from django_rclone.rclone import crypt
from django_rclone.rclone.remote import Remote

STARTED = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
GOOD = MediaRecord("media", "shop", STARTED, STARTED + timedelta(seconds=3), 3, 1, 257, "1.0.0")
NO_LIMITS = process.Limits(timeout=None, stall=None)


def changed(**changes: Any) -> str:
    """The record with other fields; ``...`` leaves one out."""
    document = json.loads(GOOD.to_json()) | changes
    return json.dumps({key: value for key, value in document.items() if value is not ...})


def test_a_record_reads_back() -> None:
    assert media_record.parse(GOOD.to_json()) == GOOD
    assert media_record.parse(changed(added_later=[1])) == GOOD


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", GOOD.to_json()[:-5], changed(schema="1"), changed(finished_at=...)]
    + [changed(**wrong) for wrong in ({"copied": "3"}, {"folder": None}, {"started_at": "2026-11-23T10:15:00"})],
)
def test_what_is_no_whole_record_is_refused(text: str) -> None:
    with pytest.raises(MediaRecordError, match="it is damaged"):
        media_record.parse(text)


def test_a_newer_schema_is_refused() -> None:
    with pytest.raises(MediaRecordError, match="it has schema 2, and this version reads up to 1"):
        media_record.parse(changed(schema=2))


@given(folder=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_record_is_never_taken_for_a_manifest(folder: str) -> None:
    parent, own, name = media_record.path(folder).split("/")
    assert (parent, own) == ("manifests", "media")  # manifests are looked for in the first alone
    assert parse_manifest_name(own) is None
    assert name.endswith(".json")


# On a real remote


@pytest.fixture
def source(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "photo.jpg").write_bytes(b"photo")
    settings.MEDIA_ROOT = str(folder)
    settings.DJANGO_RCLONE = {"REMOTE": str(tmp_path / "remote"), "PROJECT": "shop"}
    return folder


def back_up(remote: Remote, folder: str = "media", hours: int = 0) -> None:
    moment = STARTED + timedelta(hours=hours)
    backup.back_up(remote, folder, allow_empty=False, limits=NO_LIMITS, quiet=True, clock=lambda: moment)


def sealed(remote: Remote) -> Remote:
    return crypt.encrypted(remote, Secret("password"))


@pytest.mark.representatives("True-sites*", "False-media")
@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("folder", ["media", "sites/shop ü/media"])
@pytest.mark.parametrize("encrypted", [False, True])
def test_the_last_success_is_read_back(remote: Remote, folder: str, encrypted: bool) -> None:
    used = sealed(remote) if encrypted else remote
    assert record_store.read(used, folder) is None
    back_up(used, folder)
    back_up(used, folder, hours=1)  # there is nothing new to copy
    found = record_store.read(used, folder)
    assert found is not None
    assert found.started_at == STARTED + timedelta(hours=1)
    assert (found.folder, found.project, found.copied, found.bytes) == (folder, "shop", 0, 0)
    assert record_store.read(used, "other") is None
    assert (Path(remote.root) / "manifests").exists() != encrypted


@pytest.mark.representatives("False")
@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_damaged_record_is_none_and_a_warning(
    remote: Remote, encrypted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    used = sealed(remote) if encrypted else remote
    back_up(used)
    files = [path for path in Path(remote.root).rglob("*") if path.is_file()]
    file = max(files, key=lambda path: path.stat().st_size)  # the photo is smaller
    whole = file.read_bytes()
    file.write_bytes(whole[:-20] + b"X" * 20)
    with caplog.at_level(logging.WARNING):
        assert record_store.read(used, "media") is None
    assert "manifests/media/media.json cannot be read" in caplog.text
    back_up(used, hours=1)
    assert record_store.read(used, "media") is not None


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("instead", ["exit 3", "exit 0", "kill -9 $$"])
def test_a_missing_record_counts_as_missing_after_a_second_read(
    remote: Remote, tmp_path: Path, instead: str, caplog: pytest.LogCaptureFixture
) -> None:
    back_up(remote)
    binary = tmp_path / "once"
    binary.write_text(f'#!/bin/sh\n[ -e "$0.ran" ] && exec "{remote.binary}" "$@"\ntouch "$0.ran"\n{instead}\n')
    binary.chmod(0o755)
    found = record_store.read(dataclasses.replace(remote, binary=str(binary)), "media")
    assert found is not None
    assert found.project == "shop"
    assert not caplog.text


def test_storage_that_reads_what_is_not_there_as_nothing_has_no_record(
    remote: Remote, caplog: pytest.LogCaptureFixture
) -> None:
    (Path(remote.root) / "manifests/media").mkdir(parents=True)
    (Path(remote.root) / "manifests/media/media.json").touch()  # so S3 answers, which has no folders
    assert record_store.read(remote, "media") is None
    assert not caplog.text


def test_a_sync_that_fails_writes_nothing_down(remote: Remote, source: Path) -> None:
    back_up(remote)
    _put_a_folder_in_the_way(Path(remote.root) / "media", source)
    with pytest.raises(DjangoRcloneError, match=r"new\.txt"):
        back_up(remote, hours=1)
    found = record_store.read(remote, "media")
    assert found is not None
    assert found.started_at == STARTED


def _put_a_folder_in_the_way(mirror: Path, source: Path) -> None:
    """Makes the next sync fail: the mirror has a folder where a new file goes."""
    (source / "new.txt").write_text("new")
    (mirror / "new.txt").mkdir()
    (mirror / "new.txt/other").write_text("other")


@pytest.mark.usefixtures("source")
def test_a_record_that_cannot_be_written_is_a_warning(remote: Remote, caplog: pytest.LogCaptureFixture) -> None:
    (Path(remote.root) / "manifests").write_text("a file where the folder should be")
    back_up(remote)
    assert "The media files are backed up, but their record manifests/media/media.json was not written" in caplog.text
    assert (Path(remote.root) / "media/photo.jpg").exists()


@pytest.mark.usefixtures("source")
def test_an_interrupt_while_it_is_written_ends_the_run(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise Interrupted(15)

    monkeypatch.setattr(Remote, "put", interrupt)
    with pytest.raises(Interrupted):
        back_up(remote)


def test_a_remote_that_cannot_be_reached_is_not_taken_for_one_without_a_mirror() -> None:
    away = Remote(":webdav,url='http://127.0.0.1:1':")
    with pytest.raises(Unavailable):
        record_store.read(away, "media")
