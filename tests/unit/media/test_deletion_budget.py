"""What a sync may take away from a mirror before somebody has to agree."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from django_rclone.exceptions import ConfigurationError, Locked
from django_rclone.media import deletion_budget, media_root
from django_rclone.media.media_root import MediaFolder, Presence
from django_rclone.media.sync_log import Account

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
    found = deletion_budget.problem(planned(root, *numbered(deleted)), mirror, elsewhere=False)
    assert bool(found) == refused
    if refused:
        assert f"{deleted} " in found


def test_where_another_folder_was_mirrored_before_a_few_are_too_many(root: Path) -> None:
    plan = planned(root, *numbered(2))
    assert not deletion_budget.problem(plan, 3, elsewhere=False)
    assert deletion_budget.problem(plan, 3, elsewhere=True)
    assert not deletion_budget.problem(plan, 4, elsewhere=True)


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
    assert "volume (is " in deletion_budget.problem(plan, 5, elsewhere=False)
    assert "3 files" in plan.missing()[0]
    assert not deletion_budget.problem(plan, 6, elsewhere=False)  # and that is no more than half


def test_a_folder_that_was_removed_is_no_mount_point(root: Path) -> None:
    plan = planned(root, *numbered(3, "old/"))
    assert not deletion_budget.problem(plan, 5, elsewhere=False)
    assert plan.missing() == ["old (is not there; 3 files)"]


def test_a_root_with_placeholders_alone_is_empty(root: Path) -> None:
    (root / STAY).unlink()
    (root / ".gitkeep").touch()
    (root / "broken").symlink_to("nowhere")
    assert "3 of 4" in deletion_budget.problem(planned(root, *numbered(3)), 4, elsewhere=False)


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
    assert name in deletion_budget.problem(planned(root, name), 1000, elsewhere=False)


def test_few_more_files_than_were_counted_may_go(root: Path) -> None:
    assert planned(root).most_allowed(1000) == 10
    assert planned(root).most_allowed(3) == 1
    assert planned(root, *numbered(500)).most_allowed(600) == 500


# The folder


def test_files_that_links_lead_to_count_where_links_are_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/photo.jpg").write_bytes(b"1")
    (root / "linked").symlink_to(tmp_path / "outside")
    assert MediaFolder(root).presence("linked") is Presence.LINK
    assert MediaFolder(root, follow_links=True).presence("linked") is Presence.FULL


def test_a_link_that_leads_back_is_refused_and_one_that_leads_aside_is_not(root: Path) -> None:
    (root / "a/b").mkdir(parents=True)
    (root / "aside").symlink_to("a")
    media_root.refuse_loops(root)
    (root / "a/b/up").symlink_to("..")
    with pytest.raises(ConfigurationError, match=r"b/up is a link that leads back to .*/media/a,"):
        media_root.refuse_loops(root)


def test_two_links_that_lead_to_each_other_are_refused(root: Path, tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / one).mkdir(exist_ok=True)
        (tmp_path / one / "next").symlink_to(tmp_path / other)
    (root / "outside").symlink_to(tmp_path / "a")
    with pytest.raises(ConfigurationError, match="leads back"):
        media_root.refuse_loops(root)


def test_one_run_at_a_time(root: Path) -> None:
    with media_root.locked(root), pytest.raises(Locked, match="Another run"), media_root.locked(root):
        pass
    with media_root.locked(root):
        pass
    with media_root.locked(root / "not there"):
        pass


# What rclone says


def test_what_is_left_out_is_counted_and_named_in_one_line_each() -> None:
    account = Account()
    for number in range(7):
        entry = {"level": "notice", "msg": "Can't follow symlink without -L/--copy-links", "object": f"l\n{number}"}
        account.read_line(json.dumps(entry))
    account.read_line(json.dumps({"level": "notice", "msg": "Can't transfer non file/directory", "object": "pipe"}))
    assert not account.complete
    account.read_line(json.dumps({"stats": {"transfers": 1, "deletes": 0, "bytes": 5, "checks": 2}}))
    assert account.complete
    assert str(account.changes) == "1 file copied (5 bytes), 0 deleted, 8 left out"
    links, pipe = account.warnings()
    assert links.startswith("7 symbolic links left out: l\\n0, ")
    assert links.endswith(" and 2 more.")
    assert pipe == "1 special file left out: pipe."


@pytest.mark.parametrize("line", ["", "{", "[]", "null", "7", '{"stats": 3}', '{"stats": {}}', '{"msg": null}'])
def test_other_lines_say_nothing(line: str) -> None:
    account = Account()
    account.read_line(line)
    assert not account.complete
    assert account.warnings() == []
