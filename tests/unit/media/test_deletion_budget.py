"""Limits on the files that a sync may delete from the mirror without confirmation."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from django_rclone.media import deletion_budget
from django_rclone.media.media_root import MediaFolder

STAY = Path("stay.jpg")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / STAY).write_bytes(b"stays")
    return tmp_path / "media"


def planned(root: Path, *deleted: str) -> deletion_budget.PlannedSync:
    plan = deletion_budget.PlannedSync(MediaFolder(root))
    for name in deleted:
        plan.delete(name)
    return plan


def numbered(count: int, folder: str = "") -> list[str]:
    return [f"{folder}{number}.jpg" for number in range(count)]


@pytest.mark.parametrize(
    ("deleted", "mirror", "refused"),
    [
        (0, 0, False),
        (0, 9, False),
        (10, 19, False),  # more than half, and few
        (11, 21, True),
        (11, 22, False),  # half
        (500, 1001, False),
        (501, 1001, True),
        (1, 1, True),  # all
        (3, 3, True),
    ],
)
def test_more_than_half_and_more_than_ten_or_all(root: Path, deleted: int, mirror: int, refused: bool) -> None:
    found = deletion_budget.problem(planned(root, *numbered(deleted)), mirror, other_source=False)
    assert bool(found) == refused
    if refused:
        assert f"{deleted} " in found


def test_where_another_folder_was_mirrored_before_a_few_are_too_many(root: Path) -> None:
    plan = planned(root, *numbered(2))
    assert not deletion_budget.problem(plan, 3, other_source=False)
    assert deletion_budget.problem(plan, 3, other_source=True)
    assert not deletion_budget.problem(plan, 4, other_source=True)


@pytest.mark.parametrize("left", ["empty", "gitkeep", "link", "broken link", "pipe", "deeper"])
def test_a_folder_that_is_left_without_files_is_named_and_counts(root: Path, left: str) -> None:
    volume = root / "volume"
    if left in ("link", "broken link"):
        volume.symlink_to(root.parent if left == "link" else "nowhere")
    else:
        volume.mkdir()
    if left == "gitkeep":
        (volume / ".gitkeep").touch()
    if left == "pipe":
        os.mkfifo(volume / "pipe")
    if left == "deeper":
        (volume / "lost+found/x").mkdir(parents=True)
        (volume / "lost+found/x/file").write_bytes(b"of the file system")
    plan = planned(root, *numbered(3, "volume/sub/"))
    assert "volume (is " in deletion_budget.problem(plan, 5, other_source=False)
    assert "3 files" in plan.folders_without_files()[0]
    assert not deletion_budget.problem(plan, 6, other_source=False)  # and that is no more than half


def test_a_folder_that_was_removed_is_no_mount_point(root: Path) -> None:
    plan = planned(root, *numbered(3, "old/"))
    assert not deletion_budget.problem(plan, 5, other_source=False)
    assert plan.folders_without_files() == ["old (does not exist; 3 files)"]


def test_a_root_with_placeholders_alone_is_empty(root: Path) -> None:
    (root / STAY).unlink()
    (root / ".gitkeep").touch()
    (root / "broken").symlink_to("nowhere")
    assert "3 of 4" in deletion_budget.problem(planned(root, *numbered(3)), 4, other_source=False)


@pytest.mark.parametrize(
    "name",
    [
        "manifests/20261123T101500Z-default-k3f9q2.json",
        "site/manifests/20261123T101500Z-default-k3f9q2.json",
        "default-2026-11-23-101500-k3f9q2.dump",
        "db/default-2026-11-23-101500-k3f9q2.sql.zst",
        "other/RESTORE.md",
    ],
)
def test_backups_of_databases_are_never_deleted_unasked(root: Path, name: str) -> None:
    assert name in deletion_budget.problem(planned(root, name), 1000, other_source=False)


def test_few_more_files_than_were_counted_may_go(root: Path) -> None:
    assert planned(root).max_deletes(1000) == 10
    assert planned(root).max_deletes(3) == 1
    assert planned(root, *numbered(500)).max_deletes(600) == 500
