"""Media files of a sidecar: the project that owns the mirror, and what may be deleted from it."""

from __future__ import annotations

import json

from tests.cli.program import Program

MANY = [f"{number}.jpg" for number in range(12)]


def test_most_of_the_mirror_goes_only_when_that_was_allowed(program: Program):
    program.fill_media()
    for name in MANY:
        (program.media / name).write_bytes(b"photo")
    program.ok("media-backup")
    for name in MANY:
        (program.media / name).unlink()
    done = program.run("backup")
    assert done.code == 3
    assert "would delete 12 of 13 files" in done.err
    assert "pass media-backup --allow-deletes" in done.err
    assert len(list((program.remote / "media").iterdir())) == 13
    program.ok("media-backup", "--allow-deletes")
    assert [path.name for path in (program.remote / "media").iterdir()] == ["photo.jpg"]


def test_a_named_project_has_its_own_mirror_and_state_and_another_may_restore_it(program: Program):
    program.fill_media()
    shop = {"BACKUP_PROJECT": "shop"}
    program.ok("backup", **shop)
    assert (program.remote / "projects/shop/media/photo.jpg").exists()
    assert not (program.remote / "media").exists()
    assert [file["path"] for file in json.loads(program.ok("list", "--media", "--json", **shop))] == ["photo.jpg"]
    (program.media / "photo.jpg").unlink()
    done = program.run("media-restore")
    assert done.code == 6
    assert "mirrors in other folders: projects/shop/media. Is BACKUP_PROJECT right, or" in done.err
    program.ok("restore", "--latest", "--media", "--from-project", "shop")
    assert (program.media / "photo.jpg").exists()


def test_links_are_followed_where_the_environment_says_so(program: Program):
    program.fill_media()
    (program.folder / "outside.txt").write_text("outside")
    (program.media / "link.txt").symlink_to(program.folder / "outside.txt")
    assert "1 symbolic link left out: link.txt." in program.run("media-backup").err
    program.ok("media-backup", BACKUP_MEDIA_FOLLOW_LINKS="on")
    assert (program.remote / "media/link.txt").read_text() == "outside"


def test_a_remote_in_the_media_files_is_refused_and_found_by_doctor(program: Program):
    program.fill_media()
    inside = {"BACKUP_REMOTE": str(program.media / "backups"), "BACKUP_ENCRYPTION_PASSWORD": "password"}
    done = program.run("media-backup", **inside)
    assert done.code == 2
    assert "is in MEDIA_ROOT" in done.error
    assert not (program.media / "backups").exists()
    assert "is in MEDIA_ROOT" in program.run("doctor", **inside).out
