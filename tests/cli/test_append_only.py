"""Storage that denies deletes and overwrites: policies, versions and locks of an S3 server.

The policies and the commands are those of docs/append-only.md.
"""

from __future__ import annotations

import json
import os
import re
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_rclone_sidecar.environment.variables import VARIABLES
from tests.cli.program import Program
from tests.contract.project import written
from tests.docs.tables import ROOT
from tests.support.commands import Done, run
from tests.support.servers.ports import wait_until
from tests.support.servers.s3gateway import Gateway, start_gateway
from tests.support.servers.s3requests import Refused

PAGE = (ROOT / "docs/append-only.md").read_text()

Statement = dict[str, Any]


def policy(bucket: str) -> tuple[list[Statement], Statement]:
    """The statements of the page for a bucket, and the one to add for media files. This server names users by key."""
    text = re.sub(r"arn:aws:iam::\d+:user/", "", PAGE.replace("arn:aws:s3:::bucket", f"arn:aws:s3:::{bucket}"))
    whole, media = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    return whole["Statement"], media


class Site:
    """A program whose remote is a bucket on which it may not delete, and the credentials that may."""

    def __init__(self, program: Program, gateway: Gateway, *, locked: bool = False, media: bool = False) -> None:
        self.program, self.gateway = program, gateway
        self.bucket = f"bucket-{uuid.uuid4().hex[:8]}"
        statements, for_media = policy(self.bucket)
        gateway.bucket(self.bucket, [*statements, for_media] if media else statements, locked=locked)
        program.env |= {
            "BACKUP_REMOTE": f"s3:{self.bucket}/site",
            "BACKUP_PROJECT": "site",
            "RCLONE_S3_NO_CHECK_BUCKET": "true",
            **gateway.users["backup"],
        }

    @property
    def pruner(self) -> dict[str, str]:
        """The environment of `prune`, elsewhere."""
        return self.gateway.users["prune"]

    def objects(self, *flags: str) -> list[str]:
        """The objects that are there, seen with all rights; with ``--s3-versions`` also the hidden ones."""
        return self.rclone("lsf", "--recursive", "--files-only", *flags, f"gateway:{self.bucket}/site").splitlines()

    def rclone(self, *arguments: str, user: str = "") -> str:
        """Returns the output of rclone, with all rights or those of a user."""
        env = self.gateway.users[user] if user else self.gateway.environment
        done = run(["rclone", "--retries=1", *arguments], env={**self.program.env, **env})
        assert done.code == 0, done.err
        return done.out

    def attack(self, deleted: str, overwritten: str) -> None:
        """Does what an intruder can do with the credentials of both users."""
        self.rclone("deletefile", f"s3:{self.bucket}/site/{deleted}", user="prune")
        self.rclone("copyto", str(self.program.path("app")), f"s3:{self.bucket}/site/{overwritten}", user="backup")

    def delete_versions(self) -> str:
        """Deletes every version of every object, with all rights. Returns the errors."""
        place = f"gateway:{self.bucket}/site"
        done = run(
            ["rclone", "delete", "--retries=1", "--s3-versions", place],
            env={**self.program.env, **self.gateway.environment},
        )
        return done.err


@pytest.fixture(scope="module")
def keeps_versions() -> Iterator[Gateway]:
    """A server whose buckets keep versions."""
    with start_gateway(versions=True, users=("backup", "prune")) as server:
        yield server


@pytest.fixture(scope="module")
def refuses() -> Iterator[Gateway]:
    """A server that refuses to delete and to overwrite what is locked."""
    with start_gateway(users=("backup", "prune")) as server:
        yield server


@pytest.fixture(params=["versions", "locked"])
def site(request: pytest.FixtureRequest, program: Program) -> Site:
    """A bucket on which deletes are denied; on the locked one overwrites too."""
    if request.param == "locked":
        return Site(program, request.getfixturevalue("refuses"), locked=True)
    return Site(program, request.getfixturevalue("keeps_versions"))


@pytest.mark.representatives("locked*")
def test_backups_restores_and_verifications_need_no_right_to_delete(site: Site):
    program = site.program
    for number in range(3):
        program.write(f"note {number}")
        done = program.run("backup", BACKUP_KEEP_LAST="2")
        assert done.code == 0, done.err
        assert (done.err.count("left to `prune`"), done.err.count("WARNING")) == ((1, 1) if number == 2 else (0, 0))
    assert [row["state"] for row in program.listed()] == ["good"] * 3
    for level in ("hash", "read", "read"):  # the record of the second replaces that of the first
        done = program.run("verify", "--level", level)
        assert (done.code, done.err.count("WARNING")) == (0, 0)
    program.write("lost")
    program.ok("restore", "--latest")
    assert program.note() == "note 2"


@pytest.mark.representatives("locked*")
def test_pruning_that_is_left_to_others_is_not_tried(site: Site):
    for _ in range(3):
        done = site.program.run("backup", BACKUP_KEEP_LAST="2", BACKUP_PRUNE="off")
        assert (done.code, "prune" in done.err) == (0, False)
    assert len(site.program.listed()) == 3


@pytest.mark.representatives("versions*")
def test_the_doctor_says_what_cannot_be_deleted(site: Site):
    for env, level in (({"BACKUP_KEEP_LAST": "2"}, "warn"), ({"BACKUP_KEEP_LAST": "2", "BACKUP_PRUNE": "off"}, "ok")):
        done = site.program.run("doctor", "--json", **env)
        assert done.code == 0
        (found,) = (one for one in json.loads(done.out)["findings"] if "cannot delete" in one["message"])
        assert (found["check"], found["level"]) == ("remote", level)
        assert ("Set BACKUP_PRUNE=off" in found["message"]) == (level == "warn")
    assert len([name for name in site.objects() if name.startswith("doctor-")]) == 2


def test_prune_has_other_credentials_and_needs_no_database(program: Program, keeps_versions: Gateway):
    site = Site(program, keeps_versions)
    for _ in range(3):
        program.ok("backup", BACKUP_PRUNE="off")
    # The database's password is not there, and neither is its server.
    elsewhere = {**site.pruner, "BACKUP_KEEP_LAST": "2", "BACKUP_STATE_DIR": str(program.folder / "elsewhere")}
    program.path("app").rename(program.folder / "moved")
    (removed,) = json.loads(program.ok("prune", "--json", **elsewhere))
    program.path("app").with_name("moved").rename(program.path("app"))
    assert removed["path"] not in site.objects()
    assert len(program.listed()) == 2
    # The bucket keeps what was removed.
    stem = Path(removed["path"]).stem
    assert [name for name in site.objects("--s3-versions") if name.startswith(f"db/{stem}-v")]
    assert program.run("prune", DATABASE_URL="postgres://database.invalid/site", **site.pruner).code == 0
    # These credentials write nothing.
    done = program.run("verify", **site.pruner)
    assert done.code == 0
    assert "the record of that was not written" in done.err
    done = program.run("backup", **site.pruner)
    assert done.code == 2
    assert "denies access" in done.error
    assert len(program.listed()) == 2


@pytest.mark.representatives("locked*")
def test_prune_without_the_right_says_so(site: Site):
    for _ in range(3):
        site.program.ok("backup", BACKUP_PRUNE="off")
    # Nobody may delete what is locked on a server without versions.
    for env in ({}, {} if site.gateway.versions else site.pruner):
        done = site.program.run("prune", BACKUP_KEEP_LAST="2", **env)
        assert done.code == 2
        assert "denies access" in done.error
    assert len(site.program.listed()) == 3


@pytest.mark.representatives("locked-15")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_half_an_upload_is_never_a_backup(site: Site, end: signal.Signals):
    """The dump is in one piece with rclone for long enough to be ended, and nothing of it can be removed."""
    program = site.program
    program.ok("backup")
    good = program.listed()
    program.execute("CREATE TABLE large AS SELECT randomblob(30000000) AS content")
    started = program.start("backup", RCLONE_BWLIMIT="8M")
    uploading = started.child("rclone", "rcat")
    wait_until(lambda: written(uploading) > 12_000_000, "parts of the upload", seconds=60)
    os.kill(started.process.pid, end)
    assert started.end().code in (143, -signal.SIGKILL)
    assert program.listed() == good
    objects = [name for name in site.objects() if name.startswith(("db/", "manifests/"))]
    assert len(objects) == 2
    program.ok("verify")


@pytest.mark.representatives("versions*")
def test_a_dump_that_fails_leaves_no_backup(site: Site):
    program = site.program
    program.execute("CREATE TABLE large AS SELECT randomblob(3000000) AS content")
    with program.path("app").open("r+b") as file:
        file.truncate(2_000_000)
    done = program.run("backup")
    assert done.code != 0
    assert program.listed() == []
    assert not [name for name in site.objects() if name.startswith(("db/", "manifests/"))]


def test_neither_user_can_delete_versions_or_switch_them_off(program: Program, keeps_versions: Gateway):
    site = Site(program, keeps_versions)
    program.ok("backup")
    path = f"site/{program.listed()[0]['path']}"
    version = keeps_versions.oldest_version(site.bucket, path)
    for user in keeps_versions.users:
        with pytest.raises(Refused, match="AccessDenied"):
            keeps_versions.delete_version(user, site.bucket, path, version)
        with pytest.raises(Refused, match="AccessDenied"):
            keeps_versions.suspend_versions(user, site.bucket)


@pytest.mark.representatives("locked")
@pytest.mark.parametrize("locked", [False, True], ids=["versions", "locked"])
def test_what_an_intruder_deletes_and_overwrites_comes_back(program: Program, keeps_versions: Gateway, locked: bool):
    site = Site(program, keeps_versions, locked=locked)
    for text in ("first", "second"):
        program.write(text)
        program.ok("backup")
    newest, oldest = program.listed()
    site.attack(newest["path"], oldest["path"])
    assert [row["state"] for row in program.listed()] == ["damaged", "damaged"]
    if locked:
        assert site.delete_versions().count("object protected by object lock") >= 6
    # As the page says.
    intact, versions, use = re.findall(r"^    ```sh\n(.*?)^    ```", PAGE, re.MULTILINE | re.DOTALL)
    recovered = program.folder / "copy"

    def told(block: str, **names: str) -> Done:
        for name, value in {"s3:bucket": f"gateway:{site.bucket}", "/recovered": str(recovered), **names}.items():
            block = block.replace(name, value)
        env = {**program.env, **keeps_versions.environment}
        return run(["sh", "-ec", block], env=env, cwd=program.folder)

    assert told(intact).code == 5
    listing, _, copying = versions.partition("\n")
    names = [name for name in told(listing).out.splitlines() if name.startswith("db/")]
    for row in (newest, oldest):
        stem = Path(row["path"]).stem
        (version,) = (name for name in names if name.startswith(f"db/{stem}-v"))
        assert told(copying, VERSION=version, OBJECT=row["path"]).code == 0
    assert told(use).code == 0
    (program.folder / "recovered").rename(program.path("recovered"))
    assert program.note("recovered") == "second"
    env = {"BACKUP_REMOTE": str(recovered)}
    assert [row["state"] for row in program.listed(**env)] == ["good", "good"]
    program.ok("restore", "--id", oldest["id"], **env)
    assert program.note() == "first"


def test_media_files_need_the_right_only_for_their_mirror(program: Program, keeps_versions: Gateway):
    site = Site(program, keeps_versions, media=True)
    program.fill_media()
    (program.media / "old.jpg").write_bytes(b"old")
    program.ok("backup")
    (program.media / "photo.jpg").write_bytes(b"another photo")
    (program.media / "old.jpg").unlink()
    program.ok("backup")
    assert [name for name in site.objects() if name.startswith("projects/")] == ["projects/site/media/photo.jpg"]
    hidden = [name for name in site.objects("--s3-versions") if name.startswith("projects/")]
    assert len(hidden) == 3
    done = program.run("doctor", "--json")
    assert "cannot delete" in done.out


def test_without_it_only_deletes_fail(program: Program, keeps_versions: Gateway):
    site = Site(program, keeps_versions)
    program.fill_media()
    (program.media / "old.jpg").write_bytes(b"old")
    program.ok("backup")
    (program.media / "photo.jpg").write_bytes(b"another photo")
    program.ok("backup")
    (program.media / "photo.jpg").write_bytes(b"a third photo")
    (program.media / "old.jpg").unlink()
    done = program.run("backup")
    assert done.code == 3
    assert "must be deletable" in done.err
    assert site.rclone("cat", f"gateway:{site.bucket}/site/projects/site/media/photo.jpg") == "a third photo"


def test_test_objects_of_the_doctor_are_pruned_after_a_day(program: Program):
    """Those of others are not: another name, another size, or young."""
    program.ok("backup")
    content = "A test of django-rclone's doctor. It may be deleted.\n"
    kept = {"doctor-abcde1.txt": content, "doctor-notes.txt": content, "doctor-abcde2.txt": "mine"}
    for name, text in {**kept, "doctor-abcde3.txt": content}.items():
        (program.remote / name).write_text(text)
        if name != "doctor-abcde1.txt":
            os.utime(program.remote / name, (0, 0))
    assert "would remove doctor-abcde3.txt" in program.run("prune", "--dry-run").err
    program.ok("prune")
    assert {name for name in program.stored() if name.startswith("doctor-")} == kept.keys()


def test_blocks_of_the_page_name_what_is_there():
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    names = set(re.findall(r"\b(BACKUP_\w+|DATABASE_URL)=", "".join(blocks)))
    assert len(names) >= 5
    assert names <= VARIABLES.keys()
