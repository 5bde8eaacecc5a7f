"""The storage servers take and give back what rclone sends them."""

import os
import subprocess

import pytest

from tests.support.servers.ports import free_port
from tests.support.servers.storage import RCLONE, _serving, serve_s3

pytestmark = pytest.mark.exhaustive  # of the tests' own servers


@pytest.fixture(params=["s3", "sftp"])
def storage(request):
    return request.getfixturevalue(request.param)


def rclone(storage, *arguments: str, data: bytes = b"", **environment: str) -> bytes:
    variables = {**os.environ, **storage.environment, **environment}
    return subprocess.run([RCLONE, *arguments], input=data, env=variables, capture_output=True, check=True).stdout


def test_an_object_that_was_streamed_comes_back(storage):
    data = os.urandom(12 << 20)
    path = f"{storage.remote}/db/one.dump"
    rclone(storage, "rcat", path, data=data)
    assert rclone(storage, "cat", path) == data
    assert (storage.folder / "db/one.dump").read_bytes() == data


def test_a_wrong_password_is_refused(storage):
    name = storage.remote.partition(":")[0].upper()
    wrong = {f"RCLONE_CONFIG_{name}_SECRET_ACCESS_KEY": "wrong", f"RCLONE_CONFIG_{name}_PASS": ""}
    with pytest.raises(subprocess.CalledProcessError):
        rclone(storage, "lsf", "--retries=1", "--low-level-retries=1", storage.remote, **wrong)


def test_the_server_ends_with_its_context(tmp_path):
    with serve_s3(tmp_path) as storage:
        assert storage.process.poll() is None
    assert storage.process.poll() is not None


def test_a_server_that_cannot_start_says_why(tmp_path):
    with pytest.raises(RuntimeError, match="no-such-flag"), _serving(tmp_path, "s3", free_port(), "--no-such-flag"):
        pass
