"""Whatever dies during a backup, nothing half-done becomes visible, and nothing goes on running."""

from __future__ import annotations

import os
import signal

import pytest

from tests.contract.project import Project, Started, Storage, alive, written
from tests.contract.subjects import Subject
from tests.servers.ports import wait_until

MEGABYTES = 12
SLOW = {"RCLONE_FLAGS": ["--bwlimit", "4M"]}
# How much of the dump is written when it happens. Up to 3 MB wait in pipes and buffers: later than that nobody could
# be sure that the dump still runs.
MOMENTS = {"early": 0.0, "middle": 0.4, "late": 0.7}


def at(moment: str, run: Started, subject: Subject) -> int:
    """Waits until the dump has got that far, and returns its process."""
    dump = run.child(subject.dumper)
    wait_until(lambda: written(dump) >= MOMENTS[moment] * MEGABYTES * 1e6, moment, seconds=60)
    os.kill(dump, signal.SIGSTOP)  # now it cannot end before the test has done what it came for
    assert alive(dump), "the dump ended before it could be disturbed"
    return dump


def visible(storage: Storage) -> list[str]:
    """What somebody who looks at the remote could take for a backup."""
    return [name for name in storage.files() if not name.endswith(".partial")]


@pytest.fixture
def slow_project(typical: Subject, storage: Storage) -> Project:
    typical.fill_simply(megabytes=MEGABYTES)
    return Project({"default": typical.database}, storage, {**typical.options, **SLOW, "COMPRESSION": "none"})


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_dump_that_is_killed_leaves_nothing(typical: Subject, slow_project: Project, moment: str):
    with slow_project.started("dbbackup") as run:
        os.kill(at(moment, run, typical), signal.SIGKILL)
        done = run.end()
    assert done.code == 1
    assert 'Database "default"' in done.error
    assert slow_project.storage.files() == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_supervisor_that_is_killed_leaves_no_visible_object_and_no_process(
    typical: Subject, slow_project: Project, moment: str
):
    with slow_project.started("dbbackup") as run:
        at(moment, run, typical)
        children = run.children()
        run.process.kill()
        wait_until(lambda: not any(alive(pid) for pid in children), "the children's end", seconds=10)
    assert visible(slow_project.storage) == []
    assert [backup["state"] for backup in slow_project.backups()] in ([], ["partial"])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_in_order(typical: Subject, slow_project: Project, number: int, code: int):
    with slow_project.started("dbbackup") as run:
        at("middle", run, typical)
        children = run.children()
        run.process.send_signal(number)
        done = run.end()
        assert not any(alive(pid) for pid in children)
    assert done.code == code
    assert "signal" in done.error
    assert slow_project.storage.files() == []


def test_rclone_that_is_killed_leaves_nothing(typical: Subject, slow_project: Project):
    with slow_project.started("dbbackup") as run:
        at("middle", run, typical)
        os.kill(run.child("rclone", "rcat"), signal.SIGKILL)
        children = run.children()
        done = run.end()
        assert not any(alive(pid) for pid in children)
    assert done.code == 1
    assert "killed by signal 9" in done.error
    assert slow_project.storage.files() == []


def test_a_backup_after_a_killed_one_is_good_and_clean_sweeps_only_what_is_old(typical: Subject, slow_project: Project):
    with slow_project.started("dbbackup") as run:
        at("middle", run, typical)
        run.process.kill()
        run.process.wait()
    slow_project.options.pop("RCLONE_FLAGS")
    slow_project.ok("dbbackup", "--clean")
    states = [backup["state"] for backup in slow_project.backups()]
    assert states in (["good"], ["good", "partial"])  # a young one may still be written by somebody


def test_a_dump_that_stands_still_is_ended(typical: Subject, slow_project: Project):
    slow_project.options["STALL_TIMEOUT"] = 1
    slow_project.options["RCLONE_FLAGS"] = []
    with slow_project.started("dbbackup") as run:
        os.kill(at("early", run, typical), signal.SIGSTOP)
        done = run.end()
    assert done.code == 75
    assert "STALL_TIMEOUT" in done.error
    assert slow_project.storage.files() == []


def test_a_run_that_takes_too_long_is_ended(typical: Subject, slow_project: Project):
    slow_project.options["TIMEOUT"] = 1
    done = slow_project.run("dbbackup")
    assert done.code == 75
    assert "TIMEOUT" in done.error
    assert slow_project.storage.files() == []
