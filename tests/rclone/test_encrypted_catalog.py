"""Manifests on an encrypted remote that cannot be decrypted: each is one damaged line, and the others are good."""

from pathlib import Path

import pytest

from django_rclone import catalog
from django_rclone.catalog import BackupState
from django_rclone.command import Secret
from django_rclone.layout.manifest import Manifest
from django_rclone.layout.manifest_paths import ManifestName
from django_rclone.rclone import crypt
from django_rclone.rclone.errors import Undecryptable
from django_rclone.rclone.remote import Remote
from tests.rclone.test_catalog import SCHEME, manifest

PASSWORD = Secret("cage of a canary")
DAMAGES = {
    "cut": lambda content: content[:10],
    "empty": lambda _content: b"",
    "garbage": lambda content: b"x" * len(content),
    "flipped": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
}


@pytest.fixture
def sealed(remote: Remote) -> Remote:
    """An encrypted remote with five backups."""
    made = crypt.encrypted(remote, PASSWORD)
    for number in range(5):
        _back_up(made, f"good0{number}", number)
    return made


def _back_up(remote: Remote, backup_id: str, hours: int) -> None:
    described = manifest(backup_id, hours=hours)
    remote.put(described.objects[0].path, b"content", atomic=True)
    remote.put(ManifestName(described.point, described.database, described.id).path, _json(described), atomic=True)


def _json(described: Manifest) -> bytes:
    return described.to_json().encode()


def _manifests(remote: Remote) -> list[Path]:
    """The manifests' files as they lie in the folder, oldest first."""
    folders = [path for path in (Path(remote.where) / crypt.FOLDER).iterdir() if path.is_dir()]
    # The folder of the manifests is the one with the larger files.
    folder = max(folders, key=lambda folder: max(file.stat().st_size for file in folder.iterdir()))
    return sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)


@pytest.mark.representatives("flipped-1")
@pytest.mark.parametrize(("damage", "count"), [*((damage, 1) for damage in DAMAGES), ("cut", 2), ("garbage", 5)])
def test_manifests_that_cannot_be_decrypted_are_damaged_and_the_others_good(sealed: Remote, damage: str, count: int):
    for file in _manifests(sealed)[:count]:
        file.write_bytes(DAMAGES[damage](file.read_bytes()))
    backups = catalog.load(sealed, SCHEME)
    states = sorted(backup.state for backup in backups if backup.state is not BackupState.ORPHAN)
    assert states == [BackupState.DAMAGED] * count + [BackupState.GOOD] * (5 - count)
    problems = {backup.problem for backup in backups if backup.state is BackupState.DAMAGED}
    assert problems == {"This manifest is damaged: it cannot be decrypted"}


def test_on_an_encrypted_remote_of_the_users_own_the_password_may_be_wrong(tmp_path: Path, remote: Remote):
    def of(password: str) -> Remote:
        obscured = crypt._obscured(remote.binary, Secret(password)).value
        options = f'remote="{tmp_path}/theirs",filename_encryption=off,directory_name_encryption=false'
        return Remote(f":crypt,{options},password={obscured}:", binary=remote.binary)

    for number in range(3):
        _back_up(of("right"), f"good0{number}", number)
    assert [backup.state for backup in catalog.load(of("right"), SCHEME)] == [BackupState.GOOD] * 3
    with pytest.raises(Undecryptable, match=r"cannot be decrypted: .*It is damaged, or the password is wrong\."):
        catalog.load(of("wrong"), SCHEME)
