"""Pruning removes only backups of its own project and database that retention does not keep."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from django_rclone import catalog, prune
from django_rclone.catalog import BackupState
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout.manifest import Manifest
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.rclone.entries import Entry
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner
from tests.rclone.test_catalog import NOW, SCHEME, Folder, manifest

SHOP = Owner("shop", "default", "app")
UNNAMED = Owner("", "default", "app", "db1")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "remote")
    made.remote = dataclasses.replace(made.remote, binary=str(Path(__file__).with_name("storage.sh")))
    return made


def age(file: Path, days: float) -> Path:
    """Makes a file look written so many days before now."""
    os.utime(file, ((NOW - timedelta(days=days)).timestamp(),) * 2)
    return file


def orphan(folder: Folder, backup_id: str = "orpha1", *, alias: str = "default", days: float = 9) -> Path:
    path = SCHEME.object_path(alias, NOW - timedelta(days=days), "dump", backup_id)
    return age(folder.write(path), days)


def clean(folder: Folder, owner: Owner, keep: int | None = 1, **about: Any) -> set[str]:
    """Prunes, and returns the names of what is gone."""
    gone = prune.prune(prune.Pruning(folder.remote, SCHEME, owner, keep=keep, now=NOW, timeout=None, **about))
    return {one.file for one in gone}


def test_a_neighbour_without_a_projects_name_keeps_its_backups(folder: Folder) -> None:
    for number in range(3):
        folder.backup(f"aaaaa{number}", hours=9 + number)
        folder.backup(f"bbbbb{number}", hours=number, project="shop")
    ours = {one.file for one in folder.load() if one.id in ("bbbbb1", "bbbbb2")}
    left = orphan(folder)
    legacy = folder.write("db/default-2026-01-01-101500.dump")
    assert clean(folder, SHOP, new_id="bbbbb0") == ours
    assert left.exists()  # it may be the neighbour's
    assert legacy.exists()
    assert len(folder.load()) == 6


def test_a_named_project_keeps_its_backups_from_a_neighbour_without_a_name(folder: Folder) -> None:
    for number in range(3):
        folder.backup(f"aaaaa{number}", hours=number)
        folder.backup(f"bbbbb{number}", hours=9 + number, project="shop")
    assert {one[-11:-5] for one in clean(folder, Owner("", "default", "app"))} == {"aaaaa1", "aaaaa2"}


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"project": ""}, r'"default": 3 backups without a project name are kept and do not count: default-2026'),
        ({"project": "shop", "name": "old"}, r"3 backups of this project's other databases are kept and do not count"),
    ],
)
def test_what_a_project_made_under_another_name_stays_and_is_said(
    folder: Folder, caplog: pytest.LogCaptureFixture, about: dict[str, str], expected: str
) -> None:
    for number in range(3):
        folder.backup(f"aaaaa{number}", hours=9 + number, **about)
        folder.backup(f"bbbbb{number}", hours=number, project="shop")
        folder.backup(f"ccccc{number}", hours=number, project="theirs")
    assert len(clean(folder, SHOP, new_id="bbbbb0")) == 2
    assert re.search(expected, caplog.text)
    assert len(caplog.records) == 1
    caplog.clear()
    assert clean(folder, SHOP, keep=None) == set()
    assert not caplog.text


def test_two_sites_without_a_name_keep_each_others_backups(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3):
        folder.backup(f"aaaaa{number}", hours=number, source="db1")
        folder.backup(f"bbbbb{number}", hours=9 + number, source="db2")
    folder.backup("ccccc1", hours=99)  # made before manifests recorded the source
    left = orphan(folder)
    with caplog.at_level(logging.WARNING, "django_rclone"):
        assert {one[-11:-5] for one in clean(folder, UNNAMED)} == {"aaaaa1", "aaaaa2"}
    assert left.exists()
    assert 'also holds backups of "app" on db2. They are kept, both here and on db1. To tell' in caplog.text
    assert "set a different PROJECT on each machine" in caplog.text


def test_what_was_made_before_manifests_said_where_is_ours_where_nobody_else_is(folder: Folder) -> None:
    folder.backup("aaaaa1", hours=1, source="db1")
    folder.backup("ccccc1", hours=9)
    assert len(clean(folder, UNNAMED)) == 1


@pytest.mark.parametrize("owner", [SHOP, UNNAMED], ids=["named", "nameless"])
def test_what_dead_runs_left_goes_where_nobody_else_keeps_backups(folder: Folder, owner: Owner) -> None:
    folder.backup("aaaaa1", project=owner.project, source="db1")
    old, young = orphan(folder), orphan(folder, "orpha2", days=0.9)
    partial = age(folder.write("db/default-2026-11-01-101500-parti1.dump.partial"), 9)
    elses = orphan(folder, "orpha3", alias="default-2")
    assert clean(folder, owner, new_id="aaaaa1") == {old.name, partial.name}
    assert young.exists()
    assert elses.exists()


# What a listing does not show


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Leaves files out of listings whose path contains a string."""
    listing = Remote.files

    def change(hidden: str) -> None:
        def files(remote: Remote, folder: str, *, recursive: bool = False, **other: Any) -> list[Entry]:
            found = listing(remote, folder, recursive=recursive, **other)
            return [entry for entry in found if hidden not in f"{folder}/{entry.path}"]

        monkeypatch.setattr(Remote, "files", files)

    return change


@pytest.mark.parametrize("hidden", ["manifests/", "aaaaa1", "db/", ".json", "aaaaa1.dump", "aaaaa1.json"])
def test_where_the_backup_just_made_is_not_shown_nothing_is_removed(
    folder: Folder, hide: Callable[[str], None], hidden: str
) -> None:
    folder.backup("aaaaa1", project="shop")
    for number in range(3):
        age(folder.backup(f"bbbbb{number}", hours=99 + number, project="shop"), 9)
    orphan(folder)
    before = sorted(folder.root.rglob("*"))
    hide(hidden)
    with pytest.raises(DjangoRcloneError, match=r"does not show the backup aaaaa1, which was just made.*Nothing was r"):
        clean(folder, SHOP, new_id="aaaaa1")
    assert sorted(folder.root.rglob("*")) == before


@pytest.mark.parametrize("made", ["aaaaa1", ""])
def test_where_an_older_manifest_is_not_shown_its_object_is_no_leftover(
    folder: Folder, hide: Callable[[str], None], made: str
) -> None:
    folder.backup("aaaaa1", project="shop")
    hidden = folder.backup("bbbbb1", hours=99, project="shop")
    for file in folder.root.rglob("*bbbbb1*"):
        age(file, 9)
    orphan(folder)
    before = sorted(folder.root.rglob("*"))
    hide("manifests/" + hidden.name)
    with pytest.raises(DjangoRcloneError, match=f"does not show manifests/{hidden.name}, which exists. Nothing was"):
        clean(folder, SHOP, new_id=made)
    assert sorted(folder.root.rglob("*")) == before


def test_a_listing_that_once_lacks_a_manifest_of_an_earlier_version_sweeps_nothing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.backup("aaaaa1", project="shop")
    hidden = folder.backup("bbbbb1", hours=99, project="shop")
    named = dataclasses.replace(manifest("bbbbb1", hours=99, project="shop"), point="20261101T000000Z")
    hidden.unlink()
    later = folder.write(ManifestName(named.point, "default", "bbbbb1").path, named.to_json().encode())
    for file in (*folder.root.rglob("*bbbbb1*"), orphan(folder)):
        age(file, 9)
    before, listing, lied = sorted(folder.root.rglob("*")), Remote.files, []

    def once(remote: Remote, place: str, **other: Any) -> list[Entry]:
        found = listing(remote, place, **other)
        if lied or place != "manifests":
            return found
        lied.append(place)
        return [entry for entry in found if "bbbbb1" not in entry.path]

    monkeypatch.setattr(Remote, "files", once)
    with pytest.raises(DjangoRcloneError, match=f"has manifests/{later.name}, which its listing did not show before"):
        clean(folder, SHOP, new_id="aaaaa1")
    assert sorted(folder.root.rglob("*")) == before


def test_a_listing_without_any_manifest_sweeps_nothing(folder: Folder, hide: Callable[[str], None]) -> None:
    folder.backup("aaaaa1", hours=99, project="shop")
    for file in folder.root.rglob("*"):
        age(file, 9)
    orphan(folder)
    hide("manifests/")
    assert clean(folder, SHOP, keep=None) == set()


def test_where_names_do_not_say_the_recovery_point_what_has_no_manifest_stays(folder: Folder) -> None:
    by_day = dataclasses.replace(SCHEME, date_format="%Y-%m-%d")
    folder.backup("aaaaa1", project="shop")
    left = age(folder.write("db/default-2026-11-01-orpha1.dump"), 9)
    assert [one.state for one in catalog.load(folder.remote, by_day)] == [BackupState.GOOD, BackupState.ORPHAN]
    assert list(prune.prune(prune.Pruning(folder.remote, by_day, SHOP, keep=1, now=NOW, timeout=None))) == []
    assert left.exists()


# Clocks


def test_by_a_clock_that_is_ahead_alone_nothing_looks_left_over(folder: Folder) -> None:
    folder.backup("aaaaa1", hours=1, project="shop")
    written = orphan(folder, days=0)  # by another machine, right now
    wrong = NOW + timedelta(days=365)
    assert list(prune.prune(prune.Pruning(folder.remote, SCHEME, SHOP, keep=5, now=wrong, timeout=None))) == []
    assert written.exists()


def test_what_the_storage_took_in_just_now_is_not_left_over(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.backup("aaaaa1", project="shop")
    written = orphan(folder)
    monkeypatch.setattr(Remote, "stored_at", lambda _remote, _path: NOW)
    assert clean(folder, SHOP) == set()
    assert written.exists()


def test_backups_dated_after_now_are_said_and_stay(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    for number, hours in enumerate([-9999, -9998, 0, 1, 2]):
        folder.backup(f"aaaaa{number}", hours=hours, project="shop")
    with caplog.at_level(logging.WARNING, "django_rclone"):
        assert {one[-11:-5] for one in clean(folder, SHOP, keep=2, new_id="aaaaa2")} == {"aaaaa4"}
    assert (
        "2 backups are dated in the future (it is 2026-11-23T10:15:00Z now). They are kept and do not count"
        in caplog.text
    )


# Manifests that name what is not theirs


@pytest.mark.parametrize(
    "path",
    [
        "../outside-{id}.dump",
        "{root}/outside-{id}.dump",
        "media/photo-{id}.jpg",
        "db/default-2026-11-23-101500-bbbbb1.dump",
    ],
)
def test_a_manifest_that_names_what_is_not_its_own_removes_nothing(folder: Folder, path: str) -> None:
    folder.backup("bbbbb1", project="shop")
    outside = folder.write("../outside-aaaaa1.dump")
    photo = folder.write("media/photo-aaaaa1.jpg")
    file = folder.backup("aaaaa1", hours=9, project="shop")
    document = json.loads(file.read_text())
    document["objects"][0]["path"] = path.format(root=folder.root.parent, id="aaaaa1")
    file.write_text(json.dumps(document))
    bad = next(one for one in folder.load() if one.id == "aaaaa1" and one.state is BackupState.DAMAGED)
    assert "damaged" in bad.problem
    assert clean(folder, SHOP) == set()
    assert outside.exists()
    assert photo.exists()
    assert [one.id for one in folder.load() if one.state is BackupState.GOOD] == ["bbbbb1"]


def test_a_backup_is_never_removed_by_a_path_that_is_not_its_own(folder: Folder) -> None:
    folder.backup("aaaaa1")
    outside = folder.write("../outside-aaaaa1.dump")
    (good,) = folder.load()
    stored = dataclasses.replace(good.manifest.objects[0], path="db/../../outside-aaaaa1.dump")
    evil = dataclasses.replace(good, manifest=dataclasses.replace(good.manifest, objects=(stored,)))
    with pytest.raises(DjangoRcloneError, match="is not below the remote: it is not removed"):
        prune.remove(folder.remote, evil)
    assert outside.exists()
    assert len(folder.load()) == 1


def test_what_has_no_manifest_in_a_neighbours_folder_is_the_neighbours(folder: Folder) -> None:
    theirs: Manifest = manifest("bbbbb1", project="other")
    stored = dataclasses.replace(theirs.objects[0], path="theirs/x-bbbbb1.dump")
    folder.write(stored.path)
    document = dataclasses.replace(theirs, objects=(stored,)).to_json().encode()
    folder.write(ManifestName(theirs.point, "default", "bbbbb1").path, document)
    folder.write("theirs/default-2026-01-01-101500.dump")
    assert [one.state for one in folder.load()] == [BackupState.GOOD]
