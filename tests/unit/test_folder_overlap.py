"""Folders on the remote that lie in each other, and remotes that lie in MEDIA_ROOT."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_rclone import folder_overlap
from django_rclone import media_record as record
from django_rclone.command import Secret
from django_rclone.rclone import crypt
from django_rclone.rclone.remote import Remote


@pytest.mark.parametrize(
    ("databases", "media"),
    [
        ("db", "db"),
        ("db", "DB/"),
        ("db", "db//files"),
        ("db/media", "db"),
        ("site/db", "Site"),
        ("d\u00e9p\u00f4t", "de\u0301po\u0302t/media"),
        ("db", "db. "),
        ("db", "\uff44\uff42"),
        ("x\\db", "x"),
    ],
)
def test_overlapping_folders_are_found_however_they_are_written(databases: str, media: str) -> None:
    for project in ("", "shop"):
        assert "would delete the backups of" in folder_overlap.of_backup_folders(databases, media, project)


@pytest.mark.parametrize(("databases", "media"), [("db", "media"), ("db", "dbmedia"), ("a/db", "a/media"), ("x", "X2")])
def test_folders_apart_are_fine(databases: str, media: str) -> None:
    for project in ("", "shop"):
        assert folder_overlap.of_backup_folders(databases, media, project) == ""


@pytest.mark.parametrize(
    "value",
    [
        *("manifests", "Manifests/x", "media-history", "projects/shop", "PROJECTS", "encrypted", "RESTORE.md"),
        *("restore.MD/x", "", "/", ".", "./media", "a/../b", "a/./b", "//", "/media", "a\nb", "a\0b", "a\ud800", " "),
        "…/manifests/..",
    ],
)
def test_folders_that_have_a_purpose_or_are_none_are_refused(value: str) -> None:
    assert folder_overlap.name_problem(value)


@pytest.mark.parametrize("value", ["media", "media/", "a//b", "sites/shop ü/media", "manifests2", "x/manifests"])
def test_other_folders_are_taken(value: str) -> None:
    assert folder_overlap.name_problem(value) == ""


NAMES = st.text(min_size=1)


@settings(max_examples=50)
@given(one=NAMES, other=NAMES)
def test_projects_have_mirrors_apart_where_case_is_ignored_too(one: str, other: str) -> None:
    first, second = record.mirror_folder(one, "media"), record.mirror_folder(other, "media")
    assert (first.casefold() == second.casefold()) == (one == other)
    root, name, folder = first.split("/")
    assert (root, folder) == ("projects", "media")
    assert name.isascii()
    assert name.isprintable()
    assert name.strip(". ") == name
    assert len(name) <= 64


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a/../../media", "Shop", "shop.", "x" * 5000, "\n", "🛒", "con:"])
def test_a_hostile_name_is_one_folder(name: str) -> None:
    assert record.mirror_folder(name, "media") != record.mirror_folder("shop", "media")
    assert len(record.mirror_folder(name, "media").split("/")) == 3
    assert ".." not in record.mirror_folder(name, "media")


def test_plain_names_stay_readable_and_no_name_keeps_the_folder_of_0_4() -> None:
    assert record.mirror_folder("shop", "media/") == "projects/shop/media"
    assert record.mirror_folder("Shop A", "media").startswith("projects/shop-a.")
    assert record.mirror_folder("", "a//media/") == "a/media"


# Remotes in MEDIA_ROOT


@pytest.fixture
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site/media"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "site")
    (tmp_path / "link").symlink_to(folder)
    (tmp_path / "rclone.conf").write_text(
        f"[files]\ntype = local\n[here]\ntype = alias\nremote = files:{folder}\n"
        f"[sealed]\ntype = crypt\nremote = here:deep\npassword = x\n"
        f'[both]\ntype = union\nupstreams = /elsewhere "{folder}/u:ro"\n'
        f'[set]\ntype = combine\nupstreams = "a=:memory:" b=here:\n'
        "[round]\ntype = alias\nremote = round:\n"
        "[safe]\ntype = alias\nremote = /elsewhere\n"
    )
    return folder


INSIDE = [
    *(
        "{media}",
        "{media}/backups",
        "{media}/../media/x/",
        "{link}/backups",
        "media/backups",
        "./media",
        ":local:{media}",
    ),
    *("files:{media}/x", "here:", "here:x/y", "sealed:", "sealed:x", "both:x", "set:b/x", "env-remote:x"),
    *(':alias,remote="{media}":x', ":alias,remote='{media}/x':", "here,x=y:z", ":crypt,remote=':local:{media}':"),
]


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("root", INSIDE)
def test_a_remote_in_the_media_files_is_refused(
    media: Path, tmp_path: Path, root: str, encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG_ENV_REMOTE_TYPE", "alias")
    monkeypatch.setenv("RCLONE_CONFIG_ENV_REMOTE_REMOTE", str(media))
    there = root.format(media=media, link=tmp_path / "link")
    remote = Remote(there, config=str(tmp_path / "rclone.conf"))
    if encrypted:
        remote = crypt.encrypted(remote, Secret("password"))
    assert "is in MEDIA_ROOT" in folder_overlap.of_media_root(remote, media)


@pytest.mark.parametrize("root", ["{site}", "files:{site}", ":local:/", ".."])
def test_a_remote_around_the_media_files_is_refused(media: Path, tmp_path: Path, root: str) -> None:
    remote = Remote(root.format(site=media.parent), config=str(tmp_path / "rclone.conf"))
    assert "contains MEDIA_ROOT" in folder_overlap.of_media_root(remote, media)


@pytest.mark.parametrize(
    "root", ["{site}/media2", "{site}/backups", "safe:x", "round:x", "unknown:x", ":memory:{media}", "s3:{media}", "/x"]
)
def test_a_remote_elsewhere_is_fine(media: Path, tmp_path: Path, root: str) -> None:
    remote = Remote(root.format(site=media.parent, media=media), config=str(tmp_path / "rclone.conf"))
    assert folder_overlap.of_media_root(remote, media) == ""


def test_a_mounted_folder_is_the_same_by_its_inode(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bind mount shows one folder under two paths that no link tells of: here samefile says so."""
    other = media.parent / "mounted"
    other.mkdir()
    same = Path.samefile
    monkeypatch.setattr(Path, "samefile", lambda one, two: {one, Path(two)} == {other, media} or same(one, two))
    assert folder_overlap.is_inside(other / "backups", media)
