"""Encrypted remotes: nothing can be read without the password, and everything with it, also with rclone alone."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.cli.program import Program

PASSWORD = "cage of a canary"


@pytest.fixture
def sealed(program: Program) -> Program:
    """The program with an encrypted backup of a database and of media."""
    program.env["BACKUP_ENCRYPTION_PASSWORD"] = PASSWORD
    program.fill_media()
    program.ok("backup")
    program.write("second")
    return program


@pytest.mark.exhaustive
def test_everything_but_the_guide_is_encrypted_names_too(sealed: Program):
    guide, *rest = sealed.stored()
    assert guide == "RESTORE.md"
    assert len(rest) == 4  # object, manifest, photo, and the record of the mirror
    assert all(path.startswith("encrypted/") for path in rest)
    for word in ("default", "photo", "sqlite", "manifest", "partial"):
        assert not [path for path in rest if word in path]
    contents = [(sealed.remote / path).read_bytes() for path in rest]
    assert all(content.startswith(b"RCLONE\0\0") for content in contents)
    assert PASSWORD not in (sealed.remote / guide).read_text()


def test_an_encrypted_backup_is_listed_restored_and_pruned(sealed: Program):
    sealed.ok("backup")
    newest, oldest = sealed.listed()
    (sealed.media / "photo.jpg").unlink()
    sealed.ok("restore", "--id", oldest["id"])
    sealed.ok("media-restore")
    assert sealed.note() == "first"
    assert (sealed.media / "photo.jpg").read_bytes() == b"photo"
    sealed.ok("prune", BACKUP_KEEP_LAST="1")
    assert sealed.listed() == [newest]


@pytest.mark.exhaustive
def test_a_management_command_in_the_sidecar_encrypts_too(sealed: Program):
    sealed.ok("manage", "dbbackup")
    assert len(sealed.listed()) == 2
    assert {path.partition("/")[0] for path in sealed.stored()} == {"RESTORE.md", "encrypted"}


@pytest.mark.exhaustive
def test_the_password_may_be_in_a_file(sealed: Program):
    secret = sealed.folder / "secret"
    secret.write_text(f"{PASSWORD}\n")
    assert len(sealed.listed()) == 1
    del sealed.env["BACKUP_ENCRYPTION_PASSWORD"]
    sealed.env["BACKUP_ENCRYPTION_PASSWORD_FILE"] = str(secret)
    assert len(sealed.listed()) == 1


@pytest.mark.representatives("arguments1")
@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["list", "--media"],
        ["restore", "--latest"],
        ["backup"],
        ["prune"],
        ["media-restore"],
        ["media-backup"],
    ],
)
def test_a_wrong_password_is_said_and_shows_no_empty_list(sealed: Program, arguments: list[str]):
    before = sealed.stored()
    done = sealed.run(*arguments, BACKUP_ENCRYPTION_PASSWORD="a wrong one")
    assert done.code == 2
    assert "was encrypted with a different password" in done.err
    assert done.out == ""
    assert sealed.stored() == before
    assert sealed.note() == "second"


@pytest.mark.exhaustive
def test_a_missing_password_finds_nothing_and_says_so(sealed: Program):
    done = sealed.run("restore", "--latest", BACKUP_ENCRYPTION_PASSWORD="")
    assert done.code == 6


@pytest.mark.exhaustive
def test_a_damaged_object_is_refused(sealed: Program):
    (row,) = sealed.listed()
    path = max((sealed.remote / path for path in sealed.stored()), key=lambda path: path.stat().st_mtime_ns)
    objects = [path for path in (sealed.remote / "encrypted").rglob("*") if path.is_file()]
    for path in objects:
        content = bytearray(path.read_bytes())
        if len(content) == row["bytes"] + 48:  # crypt's header, and one block's authentication
            content[-1] ^= 1
            path.write_bytes(content)
    done = sealed.run("restore", "--latest")
    assert done.code != 0
    assert sealed.note() == "second"


@pytest.mark.exhaustive
def test_an_object_cut_between_two_blocks_is_refused(program: Program):
    # `rclone cat` ends 0 on it: only the manifest's hash tells.
    program.env |= {"BACKUP_ENCRYPTION_PASSWORD": PASSWORD, "BACKUP_COMPRESSION": "none"}
    program.execute("CREATE TABLE ballast AS SELECT randomblob(300000) AS bytes")
    program.ok("backup")
    (row,) = program.listed()
    (path,) = [
        path for path in (program.remote / "encrypted").rglob("*") if path.is_file() and path.stat().st_size > 1e5
    ]
    path.write_bytes(path.read_bytes()[: 32 + 2 * (64 * 1024 + 16)])
    program.write("second")
    done = program.run("restore", "--input-path", row["path"])
    assert done.code == 5
    assert program.note() == "second"


def test_the_guide_leads_to_the_backup_with_rclone_alone(sealed: Program):
    guide = (sealed.remote / "RESTORE.md").read_text()
    lines = [line.strip() for line in guide.splitlines() if line.startswith("       ")]
    exports = [line for line in lines if line.startswith("export ")]
    listing, reading, hashing, copying = [line for line in lines if line.startswith("rclone ")]

    def by_hand(command: str) -> str:
        script = "\n".join([*exports, command])
        return subprocess.run(
            ["bash", "-ec", script],
            env={"PATH": sealed.env["PATH"], "RCLONE_CONFIG": "/dev/null"},
            input=f"{PASSWORD}\n",
            cwd=sealed.folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert re.findall(r"^(\w+)/$", by_hand("rclone lsf decrypted:"), re.MULTILINE) == ["db", "manifests", "media"]
    manifest = json.loads(by_hand(reading.replace("NAME", by_hand(listing).strip())))
    (stored,) = manifest["objects"]
    assert by_hand(hashing.replace("PATH", stored["path"])).split()[0] == stored["sha256"]
    by_hand(copying.replace("/path/to/media", str(sealed.folder / "copied")))
    assert (sealed.folder / "copied/photo.jpg").read_bytes() == b"photo"
    by_hand(manifest["restore"])
    assert sealed.note("restored") == "first"


@pytest.mark.exhaustive
def test_a_guide_from_before_encryption_is_written_anew(program: Program):
    program.ok("backup")
    assert "crypt" not in (program.remote / "RESTORE.md").read_text()
    program.ok("backup", BACKUP_ENCRYPTION_PASSWORD=PASSWORD)
    assert "rclone crypt" in (program.remote / "RESTORE.md").read_text()


def test_a_remote_that_has_the_views_own_name_is_refused(program: Program):
    done = program.run("list", BACKUP_REMOTE="Decrypted:x", BACKUP_ENCRYPTION_PASSWORD=PASSWORD)
    assert done.code == 2
    assert 'A remote named "decrypted" cannot be encrypted' in done.error


@pytest.mark.exhaustive
def test_parameters_that_would_change_the_encryption_are_refused(sealed: Program):
    # rclone obeys these rather than the remote's own: names would be readable.
    before = sealed.stored()
    done = sealed.run("backup", RCLONE_CRYPT_FILENAME_ENCRYPTION="off")
    assert done.code == 2
    assert done.error.startswith("RCLONE_CRYPT_FILENAME_ENCRYPTION would change how backups are encrypted.")
    assert sealed.stored() == before
