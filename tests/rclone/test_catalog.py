"""The catalog: everything on the remote is listed correctly, and only what is proven is restored by default."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone import catalog, clocks, display, prune, selection
from django_rclone import listing as listing_of
from django_rclone.catalog import Backup, BackupState, manifest_reader
from django_rclone.exceptions import ConfigurationError, NothingToRestore
from django_rclone.layout import manifest as manifests
from django_rclone.layout import recovery_points
from django_rclone.layout.manifest import Manifest, StoredObject
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.layout.object_paths import Scheme
from django_rclone.rclone.remote import Remote
from django_rclone.selection import Owner

SCHEME = Scheme("db", "{database}-{datetime}.{ext}", "%Y-%m-%d-%H%M%S")
NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
HOSTILE = ["a b", "a/b", "it's", 'say "x"', "größe", "100%", "%2F", "a-b", "default-x", "-", "*[x]{y}?"]


def manifest(backup_id: str, *, hours: float = 0, database: str = "default", **other: str) -> Manifest:
    """The manifest of a backup that was begun so many hours ago."""
    moment = NOW - timedelta(hours=hours)
    path = SCHEME.object_path(database, moment, "dump", backup_id)
    texts = {"project": "", "engine": "postgresql", "name": "app", "server_version": "17.4", "client": "pg_dump 17.4"}
    texts |= {"format": "dump", "compression": "", "consistency": "snapshot"} | other
    return Manifest(
        id=backup_id,
        point=recovery_points.name_of(moment),
        database=database,
        objects=(StoredObject(path, 7, "0" * 64),),
        started_at=moment,
        finished_at=moment,
        **texts,
    )


class Folder:
    """A remote in a folder, and ways to put things there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.remote = Remote(str(root), binary=str(Path(sys.executable).with_name("rclone")))

    def write(self, path: str, content: bytes = b"content") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def backup(self, backup_id: str, **about: object) -> Path:
        """Writes a whole backup, and returns its manifest's file."""
        made = manifest(backup_id, **about)  # type: ignore[arg-type]
        self.write(made.objects[0].path)
        return self.write(ManifestName(made.point, made.database, made.id).path, made.to_json().encode())

    def load(self, alias: str = "", known: Mapping[str, Manifest] | None = None) -> list[Backup]:
        return catalog.load(self.remote, SCHEME, alias, known=known or {})


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


# The listing


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Backup]:
    """Everything that can lie on a remote, by id or else by file name."""
    folder = Folder(tmp_path_factory.mktemp("remote"))
    folder.backup("good01", hours=1)
    truncated = folder.backup("trunc1", hours=2)
    truncated.write_bytes(truncated.read_bytes()[:300])
    folder.backup("garba1", hours=3).write_bytes(b"\x00\xff<html>\x1e")
    newer = folder.backup("newer1", hours=4)
    newer.write_text(newer.read_text().replace('"schema": 1', '"schema": 2'))
    folder.backup("gone01", hours=5)
    (folder.root / manifest("gone01", hours=5).objects[0].path).unlink()
    folder.backup("short1", hours=6)
    folder.write(manifest("short1", hours=6).objects[0].path, b"cont")
    folder.backup("moved1", hours=7).rename(folder.root / "manifests/20200101T000000Z-default-moved1.json")
    folder.write("db/default-2026-11-20-101500-orpha1.dump")
    folder.write("db/default-2026-11-20-101500-parti1.dump.partial")
    folder.write("db/default-2026-11-20-101500.dump.partial-1b2c3d")
    folder.write("db/default-2026-11-19-101500.dump")
    folder.write("db/default-2026-11-18-101500.sql.zst")
    folder.write("db/by-hand.sql")
    folder.write("db/sub/default-2026-11-17-101500.dump")
    folder.write("manifests/notes.txt")
    folder.write("RESTORE.md")
    folder.write("media/photo.jpg")
    listed = folder.load()
    assert [one.moment for one in listed] == sorted((one.moment for one in listed), reverse=True)
    return {one.id + ("*" if one.state is BackupState.ORPHAN else "") or one.file: one for one in listed}


def test_a_whole_backup_is_good(listing: dict[str, Backup]) -> None:
    good = listing["good01"]
    assert good.state is BackupState.GOOD
    assert good.manifest == manifest("good01", hours=1)
    assert (good.file, good.size, good.moment) == (
        "default-2026-11-23-091500-good01.dump",
        7,
        NOW - timedelta(hours=1),
    )
    assert good.problem == ""


@pytest.mark.parametrize(
    ("backup_id", "problem"),
    [
        ("trunc1", "not a JSON document"),
        ("garba1", "cannot be read"),
        ("newer1", "has schema 2; this version of django-rclone reads up to 1. Upgrade"),
        ("gone01", "is missing"),
        ("short1", "has 4 bytes, according to its manifest 7"),
        ("moved1", "cannot be read"),
    ],
)
def test_what_is_not_what_its_manifest_says_is_damaged(
    listing: dict[str, Backup], backup_id: str, problem: str
) -> None:
    assert listing[backup_id].state is BackupState.DAMAGED
    assert problem in listing[backup_id].problem


def test_an_object_without_a_manifest_is_an_orphan(listing: dict[str, Backup]) -> None:
    orphan = listing["orpha1*"]
    assert orphan.state is BackupState.ORPHAN
    assert (orphan.database, orphan.moment) == ("default", datetime(2026, 11, 20, 10, 15, tzinfo=UTC))


def test_an_object_that_is_being_written_is_partial(listing: dict[str, Backup]) -> None:
    assert listing["parti1"].state is BackupState.PARTIAL
    assert listing["default-2026-11-20-101500.dump.partial-1b2c3d"].state is BackupState.PARTIAL
    assert listing["parti1"].database == "default"


@pytest.mark.parametrize(
    ("file", "database", "form", "compression"),
    [
        ("default-2026-11-19-101500.dump", "default", "dump", ""),
        ("default-2026-11-18-101500.sql.zst", "default", "sql", "zstd"),
        ("by-hand.sql", "", "sql", ""),
    ],
)
def test_a_file_without_an_id_is_unverified(
    listing: dict[str, Backup], file: str, database: str, form: str, compression: str
) -> None:
    found = listing[file]
    assert found.state is BackupState.UNVERIFIED
    assert (found.database, found.manifest.format, found.manifest.compression) == (database, form, compression)


def test_other_files_are_no_backups(listing: dict[str, Backup]) -> None:
    assert not {"notes.txt", "RESTORE.md", "photo.jpg", "default-2026-11-17-101500.dump"} & set(listing)


def test_an_empty_remote_has_no_backups(folder: Folder) -> None:
    assert folder.load() == []


def test_the_newest_is_told_by_the_time_inside_and_never_by_the_files_age(folder: Folder) -> None:
    for age, (backup_id, hours) in enumerate([("newes1", 1), ("middl1", 5), ("oldes1", 9)]):
        made = folder.backup(backup_id, hours=hours)
        for file in (made, folder.root / manifest(backup_id, hours=hours).objects[0].path):
            os.utime(file, (2e9 + age * 1e6,) * 2)  # the oldest was touched last
    assert [one.id for one in folder.load()] == ["newes1", "middl1", "oldes1"]
    assert selection.latest(folder.load(), Owner("", "default", "app")).id == "newes1"


def test_hostile_aliases_are_kept_apart(folder: Folder) -> None:
    for number, alias in enumerate(HOSTILE):
        folder.backup(f"alias{number % 10}" if number < 10 else "alix10", hours=number, database=alias)
        orphan = SCHEME.object_path(alias, NOW, "dump", "orpha1")
        folder.write(orphan)
    listed = folder.load()
    assert {one.database for one in listed if one.state is BackupState.GOOD} == set(HOSTILE)
    assert {one.database for one in listed if one.state is BackupState.ORPHAN} == set(HOSTILE)
    assert len(listed) == 2 * len(HOSTILE)
    for alias in ("*[x]{y}?",):
        assert [(one.database, one.state) for one in folder.load(alias)] == [
            (alias, BackupState.ORPHAN),
            (alias, BackupState.GOOD),
        ]


def test_backups_are_found_also_after_the_folder_was_renamed(folder: Folder) -> None:
    made = dataclasses.replace(manifest("k3f9q2"), objects=(StoredObject("old/x-k3f9q2.dump", 7, "0" * 64),))
    folder.write("old/x-k3f9q2.dump")
    folder.write(ManifestName(made.point, "default", "k3f9q2").path, made.to_json().encode())
    assert [one.state for one in folder.load()] == [BackupState.GOOD]


# What somebody knows already is not read again

# Writes down each call, and everything that it brings from the remote.
SPY = """#!/bin/sh
echo "$1" >> "{folder}/calls"
[ "$1" = cat ] || exec "{rclone}" "$@"
"{rclone}" "$@" > "{folder}/got" || exit
cat "{folder}/got" >> "{folder}/read"
cat "{folder}/got"
"""


@dataclasses.dataclass(frozen=True)
class Watched:
    """A remote in a folder, and a look at what rclone is asked for."""

    there: Folder
    spied: Path

    def load(self, known: Mapping[str, Manifest], alias: str = "") -> tuple[list[Backup], int, set[str]]:
        """Returns what was found, how often rclone was called, and the ids in the manifests that it read."""
        for file in self.spied.iterdir():
            file.write_text("")
        found = self.there.load(alias, known)
        read = (self.spied / "read").read_text().split("\x1e")
        calls = (self.spied / "calls").read_text().split()
        return found, len(calls), {json.loads(text)["id"] for text in read if text.strip()}


@pytest.fixture
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder, spied = Folder(tmp_path_factory.mktemp("remote")), tmp_path_factory.mktemp("spied")
    for name in ("calls", "read"):
        (spied / name).touch()
    spy = tmp_path_factory.mktemp("bin") / "rclone-spy"
    spy.write_text(SPY.format(folder=spied, rclone=folder.remote.binary))
    spy.chmod(0o700)
    folder.remote = dataclasses.replace(folder.remote, binary=str(spy))
    return Watched(folder, spied)


def known(backups: list[Backup]) -> dict[str, Manifest]:
    """The manifests of these backups, by path."""
    named = [backup.manifest for backup in backups if backup.state is BackupState.GOOD]
    return {ManifestName(one.point, one.database, one.id).path: one for one in named}


def test_only_manifests_that_are_new_are_read(watched: Watched) -> None:
    for number in range(3):
        watched.there.backup(f"older{number}", hours=9 + number)
    before, calls, read = watched.load({})
    assert (calls, read) == (3, {"older0", "older1", "older2"})
    watched.there.backup("newer1")
    after, calls, read = watched.load(known(before))
    assert (calls, read) == (3, {"newer1"})
    assert [one.id for one in after] == ["newer1", *(one.id for one in before)]
    assert after == watched.there.load()


def test_where_nothing_is_new_nothing_is_read(watched: Watched) -> None:
    watched.there.backup("older1", hours=9)
    watched.there.backup("other1", hours=9, database="other")
    before = watched.there.load()
    assert watched.load(known(before)) == (before, 2, set())
    (ours,), calls, read = watched.load(known(before), "other")
    assert (ours.id, calls, read) == ("other1", 2, set())


def test_what_is_known_and_has_gone_is_left_out(watched: Watched) -> None:
    watched.there.backup("older1", hours=9)
    watched.there.backup("older2", hours=8)
    before = watched.there.load()
    prune.remove(watched.there.remote, before[0])
    assert watched.load(known(before)) == (before[1:], 2, set())


def test_what_is_known_is_damaged_all_the_same_when_its_object_is(watched: Watched) -> None:
    watched.there.backup("older1", hours=9)
    before = watched.there.load()
    (watched.there.root / before[0].path).write_bytes(b"cut")
    ((found,), calls, _read) = watched.load(known(before))
    assert (found.state, calls) == (BackupState.DAMAGED, 2)


def test_a_manifest_that_could_not_be_read_is_tried_again(watched: Watched) -> None:
    watched.there.backup("older1", hours=9)
    file = watched.there.backup("newer1")
    whole = file.read_text()
    file.write_text(whole[:300])
    before = watched.there.load()
    assert BackupState.DAMAGED in [one.state for one in before]
    file.write_text(whole)
    after, calls, read = watched.load(known(before))
    assert ([one.state for one in after], calls, read) == ([BackupState.GOOD] * 2, 3, {"newer1"})


def test_new_ones_of_hostile_aliases_are_read_by_their_names(watched: Watched) -> None:
    watched.there.backup("older1", hours=30)
    before = watched.there.load()
    for number, alias in enumerate(HOSTILE):
        watched.there.backup(f"newa{number % 10}{number // 10}", hours=number, database=alias)
    after, calls, read = watched.load(known(before))
    assert {one.database for one in after} == {*HOSTILE, "default"}
    assert {one.state for one in after} == {BackupState.GOOD}
    assert (calls, len(read)) == (3, len(HOSTILE))


def test_very_many_new_ones_are_read_all_the_same(watched: Watched) -> None:
    watched.there.backup("older1", hours=1000)
    before = watched.there.load()
    made = {f"n{number:05}" for number in range(400)}
    for number, backup_id in enumerate(sorted(made)):
        watched.there.backup(backup_id, hours=number)
    after, calls, read = watched.load(known(before))
    assert {one.id for one in after if one.state is BackupState.GOOD} == {*made, "older1"}
    assert calls == 3
    assert read >= made


def test_a_backup_is_removed_with_its_manifest_first(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.backup("k3f9q2")
    (found,) = folder.load()
    order: list[str] = []
    deleting = Remote.delete

    def delete(remote: Remote, path: str) -> None:
        order.append(path)
        deleting(remote, path)

    monkeypatch.setattr(Remote, "delete", delete)
    prune.remove(folder.remote, found)
    assert order == [ManifestName(found.manifest.point, "default", "k3f9q2").path, found.path]
    assert folder.load() == []


def test_an_undocumented_file_is_removed_alone(folder: Folder) -> None:
    folder.write("db/default-2026-11-19-101500.dump")
    folder.write("db/default-2026-11-18-101500.dump")
    prune.remove(folder.remote, folder.load()[0])
    assert [one.file for one in folder.load()] == ["default-2026-11-18-101500.dump"]


# Which one is the latest


def found(backup_id: str = "", state: BackupState = BackupState.GOOD, **about: object) -> Backup:
    described = manifest(backup_id or "k3f9q2", **about)  # type: ignore[arg-type]
    if state is not BackupState.GOOD:
        path, moment = described.objects[0].path, described.started_at
        described = catalog.undocumented(path, described.database, 7, moment)
    stored = described.objects[0]
    problem = "it is missing" if state is BackupState.DAMAGED else ""
    return Backup(
        backup_id, described.database, stored.path, described.started_at, 7, state, described, problem=problem
    )


US = Owner("", "default", "app")


def newest_first(*backups: Backup) -> list[Backup]:
    return sorted(backups, key=lambda one: one.moment, reverse=True)


def test_the_latest_is_the_newest_good_one_and_damaged_newer_ones_are_named(caplog: pytest.LogCaptureFixture) -> None:
    listed = newest_first(
        found("aaaaa1", hours=5),
        found("aaaaa2", hours=9),
        found("aaaaa3", BackupState.DAMAGED, hours=1),
        found("aaaaa4", BackupState.ORPHAN, hours=2),
        found("aaaaa5", BackupState.PARTIAL, hours=3),
        found("", BackupState.UNVERIFIED, hours=4),
    )
    with caplog.at_level(logging.WARNING, "django_rclone"):
        assert selection.latest(listed, US, unverified=True).id == "aaaaa1"
    assert caplog.messages == ["A newer backup of default is damaged and is skipped: it is missing."]


def test_at_means_begun_at_or_before() -> None:
    listed = newest_first(found("aaaaa1", hours=1), found("aaaaa2", hours=5))
    assert selection.latest(listed, US, at=NOW - timedelta(hours=1)).id == "aaaaa1"
    assert selection.latest(listed, US, at=NOW - timedelta(hours=1, seconds=1)).id == "aaaaa2"
    with pytest.raises(NothingToRestore, match="no good backup from before 2026-11-23 00:15:00 UTC"):
        selection.latest(listed, US, at=NOW - timedelta(hours=10))


def test_an_undocumented_one_is_taken_only_when_asked_for() -> None:
    listed = newest_first(found("", BackupState.UNVERIFIED, hours=1), found("", BackupState.UNVERIFIED, hours=2))
    with pytest.raises(NothingToRestore, match=r"but 2 without a manifest.*--input-path default-2026-11-23-091500.*\."):
        selection.latest(listed, US)
    assert selection.latest(listed, US, unverified=True) is listed[0]


@pytest.mark.parametrize("state", [BackupState.ORPHAN, BackupState.PARTIAL, BackupState.DAMAGED, BackupState.FAILED])
def test_what_did_not_end_well_is_never_the_latest(state: BackupState) -> None:
    with pytest.raises(NothingToRestore, match="See `listbackups`"):
        selection.latest([found("aaaaa1", state)], US, unverified=True)


def test_other_projects_and_aliases_are_not_ours() -> None:
    listed = newest_first(
        found("aaaaa1", hours=1, project="other"),
        found("aaaaa2", hours=2, database="second"),
        found("aaaaa3", hours=3, project="shop"),
    )
    assert selection.latest(listed, Owner("shop", "default", "app")).id == "aaaaa3"
    assert selection.latest(listed, Owner("shop", "default", "another name")).id == "aaaaa3"
    with pytest.raises(NothingToRestore, match=r"of this project; the remote holds some of: other, shop\. Is PROJECT"):
        selection.latest(listed, US)


def test_what_bears_no_projects_name_is_a_named_projects_only_when_it_is_asked_for() -> None:
    listed = newest_first(found("aaaaa1", hours=1, name="app", host="web1"), found("aaaaa2", hours=2, name="app"))
    file = listed[0].file
    words = (
        r'of the project "shop"\. 2 have no project name, the newest of "app", of 2026-11-23T09:15:00Z, made on '
        rf"web1\. If it is yours, restore it with --input-path {file}\.$"
    )
    with pytest.raises(NothingToRestore, match=words):
        selection.latest(listed, Owner("shop", "default", "app"))
    with pytest.raises(NothingToRestore, match=words):
        selection.latest(listed, Owner("shop", "default", "app"), unverified=True)
    with pytest.raises(NothingToRestore, match="2 have no"):
        selection.latest(listed, Owner("shop", "default", "app"), at=NOW)


def test_two_sites_without_a_projects_name_are_told_apart_by_their_servers() -> None:
    listed = newest_first(
        found("aaaaa1", hours=1, source="db1"), found("aaaaa2", hours=2, source="db2"), found("aaaaa3", hours=9)
    )
    assert selection.latest(listed, Owner("", "default", "app", "db1")).id == "aaaaa1"
    for ours in ("db2", "db3", ""):
        with pytest.raises(ConfigurationError, match=rf"db1: {listed[0].file} of .*; .*--input-path, or set PROJECT"):
            selection.latest(listed, Owner("", "default", "app", ours))
    assert selection.latest(listed[1:], Owner("", "default", "app", "db2")).id == "aaaaa2"


def test_a_lone_site_is_restored_on_another_server_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    listed = [found("aaaaa1", source="db1")]
    assert selection.latest(listed, Owner("", "default", "app", "db2:6432")).id == "aaaaa1"
    assert f"{listed[0].file} is a backup of the database on db1; this one is on db2:6432." in caplog.text


def test_a_named_project_is_the_same_on_every_server() -> None:
    listed = newest_first(
        found("aaaaa1", hours=1, project="shop", source="db1"), found("aaaaa2", hours=2, project="shop", source="db2")
    )
    assert selection.latest(listed, Owner("shop", "default", "app", "db3")).id == "aaaaa1"


def test_what_is_dated_after_now_is_not_the_latest_and_is_said(caplog: pytest.LogCaptureFixture) -> None:
    late, soon, old = found("aaaaa1", hours=-2), found("aaaaa2", hours=-0.9), found("aaaaa3", hours=5)
    assert selection.latest([late, soon, old], US, now=NOW).id == "aaaaa2"
    assert selection.latest([late, old], US, now=NOW).id == "aaaaa3"
    assert (
        "1 backups are dated in the future (it is 2026-11-23T10:15:00Z now), the newest default-2026-11-23-121500"
        in caplog.text
    )
    assert "--input-path restores one" in caplog.text


def test_what_is_dated_after_now_is_restored_with_a_word_where_there_is_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert selection.latest([found("aaaaa1", hours=-9), found("aaaaa2", hours=-50)], US, now=NOW).id == "aaaaa1"
    assert "there is no other" in caplog.text


def test_a_restore_to_a_time_that_has_not_come_means_the_newest_and_that_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert selection.latest([found("aaaaa1")], US, at=NOW.replace(year=2062), now=NOW).id == "aaaaa1"
    assert "is in the future (this machine's clock says 2026" in caplog.text


def test_two_databases_under_one_alias_are_told_apart_by_name_or_not_at_all() -> None:
    listed = newest_first(found("aaaaa1", hours=1, name="blog"), found("aaaaa2", hours=2, name="shop"))
    assert selection.latest(listed, Owner("", "default", "shop")).id == "aaaaa2"
    with pytest.raises(ConfigurationError, match=r'several databases under this alias \("blog", "shop"\), and none is'):
        selection.latest(listed, Owner("", "default", "app"))


def test_one_database_under_another_name_is_ours_so_that_a_copy_can_be_restored_elsewhere() -> None:
    assert selection.latest([found("aaaaa1", name="production")], Owner("", "default", "staging")).id == "aaaaa1"


any_backup = st.builds(
    found,
    st.integers(0, 999).map(lambda number: f"a{number:05}"),
    st.sampled_from(BackupState),
    hours=st.integers(-9, 50),
    source=st.sampled_from(["", "db1", "db2"]),
    database=st.sampled_from(["default", "second"]),
    project=st.sampled_from(["", "shop", "other"]),
    name=st.sampled_from(["app", "blog"]),
)


@given(
    listed=st.lists(any_backup, max_size=8).map(lambda some: newest_first(*some)),
    project=st.sampled_from(["", "shop"]),
    unverified=st.booleans(),
    hours=st.none() | st.integers(0, 50),
)
def test_the_latest_is_ours_and_proven_or_there_is_none(
    listed: list[Backup], project: str, unverified: bool, hours: int | None
) -> None:
    owner = Owner(project, "default", "app", "db1")
    at = None if hours is None else NOW - timedelta(hours=hours)
    try:
        chosen = selection.latest(listed, owner, at=at, unverified=unverified, now=NOW)
    except (NothingToRestore, ConfigurationError):
        return
    assert chosen.database == "default"
    assert chosen.manifest.project == project or chosen.state is BackupState.UNVERIFIED
    assert at is None or chosen.moment <= at
    assert chosen.state is BackupState.GOOD or (unverified and chosen.state is BackupState.UNVERIFIED)
    better = [
        one
        for one in listed
        if one.state is BackupState.GOOD and owner.owns_exactly(one) and (at is None or one.moment <= at)
        if not clocks.dated_ahead(one, NOW)
    ]
    assert all(chosen.moment >= one.moment for one in better) or clocks.dated_ahead(chosen, NOW)
    assert not better or not clocks.dated_ahead(chosen, NOW)
    assert not better or chosen.state is BackupState.GOOD


@pytest.mark.parametrize("name", ["default-2026-11-19-101500.dump", "default-2026-11-23-101500-k3f9q2.dump"])
def test_a_backup_is_found_by_its_path(name: str) -> None:
    one = dataclasses.replace(found("k3f9q2"), path=f"db/{name}")
    assert catalog.find([one], f"db/{name}") is one
    assert catalog.find([one], name) is None


# What a manifest may be


def test_a_manifest_that_is_too_large_is_damaged_and_never_read(watched: Watched) -> None:
    watched.there.backup("good01", hours=1)
    with watched.there.backup("large1", hours=2).open("r+b") as file:
        file.truncate(manifests.LARGEST_MANIFEST + 1)
    found, calls, read = watched.load({})
    assert [(one.id, one.state) for one in found if one.state is not BackupState.ORPHAN] == [
        ("good01", BackupState.GOOD),
        ("large1", BackupState.DAMAGED),
    ]
    assert "has 16,777,217 bytes; a manifest has at most 16,777,216" in found[-1].problem + found[1].problem
    assert (calls, read) == (3, {"good01"})


def test_many_large_manifests_are_read_a_few_at_a_time(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_reader, "_AT_ONCE", 2000)
    made = {f"good0{number}" for number in range(6)}
    for number, backup_id in enumerate(sorted(made)):
        watched.there.backup(backup_id, hours=number)
    found, calls, read = watched.load({})
    assert {one.id for one in found if one.state is BackupState.GOOD} == made == read
    assert calls > 3


def test_row_counts_of_very_many_tables_are_not_kept_in_a_list(folder: Folder) -> None:
    tables = {f"tenant_{number:04}.note": number for number in range(1001)}
    made = dataclasses.replace(manifest("k3f9q2"), tables=tables)
    folder.write(made.objects[0].path)
    folder.write(ManifestName(made.point, "default", "k3f9q2").path, made.to_json().encode())
    (found,) = folder.load()
    assert (found.state, found.manifest.tables) == (BackupState.GOOD, {})


@pytest.mark.parametrize("name", ["20261399T995999Z", "99999999T999999Z", "00000101T000000Z", "00010101T000000Z"])
def test_a_name_without_a_moment_is_a_damaged_line(folder: Folder, name: str) -> None:
    folder.write(f"manifests/{name}-default-k3f9q2.json", b"x")
    (found,) = folder.load()
    assert found.state is BackupState.DAMAGED
    assert display.moment(found.moment)


@pytest.mark.parametrize("year", [1, 1000, 9999])
def test_a_name_with_an_odd_year_can_be_shown(folder: Folder, year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati" if year == 9999 else "America/New_York")
    time.tzset()
    folder.write(f"db/default-{year:04}-12-31-235959-k3f9q2.dump")
    assert len(listing_of.table(folder.load(), NOW)) == 2
    monkeypatch.undo()
    time.tzset()
