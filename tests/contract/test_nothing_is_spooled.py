"""Constant memory whatever the database's size, and not one byte on local disk."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.conftest import make_subject
from tests.contract.project import Project, Storage
from tests.contract.subjects import Subject
from tests.support.servers import StorageServer

# Every file system of the machine, but those of the kernel, becomes read-only for the command and what it starts.
READ_ONLY = """
awk '{print $2}' /proc/mounts | grep -Ev '^/(proc|sys|dev)(/|$)' | sort -r | while read -r point; do
    mount -o remount,bind,ro "$(printf '%b' "$point")"
done
mount -o remount,bind,ro /dev/shm
if touch "$1" 2>/dev/null; then echo "still writable" >&2; exit 99; fi
shift
exec "$@"
"""

MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)
"""


@pytest.fixture(params=["postgresql-17", "mysql-9", "mariadb-11.8", "mongodb"])
def server_side(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """A database on each kind of server."""
    yield from make_subject(request.param, request, tmp_path)


@pytest.mark.representatives("postgresql-17")
def test_a_database_is_dumped_and_restored_on_a_machine_where_nothing_can_be_written(
    server_side: Subject, s3: StorageServer, tmp_path: Path
):
    server_side.fill_simply(megabytes=12)
    folder = f"read-only-{tmp_path.name}"
    storage = Storage(f"{s3.remote}/{folder}", s3.folder / folder, s3.environment)
    project = Project({"default": server_side.database}, storage, server_side.options)
    nowhere = ("unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(tmp_path / "file"))
    done = project.run("dbbackup", prefix=nowhere)
    assert done.code == 0, done.err
    server_side.lose_words(1)
    done = project.run("dbrestore", "--noinput", prefix=nowhere)
    assert done.code == 0, done.err
    assert len(server_side.words()) == 3


def test_memory_does_not_grow_with_the_database(tmp_path: Path, local: Storage):
    """The largest process of a backup and of a restore, in MiB, for 64 MB (what fills all buffers) and for 192 MB."""
    peaks: dict[str, list[int]] = {"dbbackup": [], "dbrestore": []}
    for megabytes in (64, 192):
        path = tmp_path / f"{megabytes}.sqlite3"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE payload (id integer PRIMARY KEY, data blob)")
            connection.executemany(
                "INSERT INTO payload VALUES (?, randomblob(1000000))", [(n,) for n in range(megabytes)]
            )
        project = Project({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}}, local)
        for command in (["dbbackup"], ["dbrestore", "--noinput"]):
            done = project.run(*command, prefix=(sys.executable, "-c", MEASURE), GOGC="100")
            assert done.code == 0, done.err
            peaks[command[0]].append(int(done.out))
        path.unlink()
    for small, large in peaks.values():
        # Of 128 MB more. rclone's garbage collector lets its heap grow by some 30 MB on a busy machine.
        assert large < small + 64, peaks
