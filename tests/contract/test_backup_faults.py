"""Whatever dies during a backup, nothing half-done becomes visible, and nothing goes on running."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.conftest import make_storage, make_subject
from tests.contract.project import Project, Started, Storage, alive, slow
from tests.contract.subjects import Subject
from tests.support.servers.ports import wait_until

MEGABYTES = 12
SLOW = slow("4M")
# How much of the dump is written when it happens. Up to 3 MB wait in pipes and buffers: later than that nobody could
# be sure that the dump still runs.
MOMENTS = {"early": 0.0, "middle": 0.4, "late": 0.7}


def at(moment: str, run: Started, subject: Subject) -> int:
    """Waits until the dump has got that far, and returns its process."""
    dump = run.child(*subject.dumper)
    wait_until(lambda: subject.progress(run) >= MOMENTS[moment] * MEGABYTES * 1e6, moment, seconds=60)
    os.kill(dump, signal.SIGSTOP)  # now it cannot end before the test has done what it came for
    assert alive(dump), "the dump ended before it could be disturbed"
    return dump


def visible(storage: Storage) -> list[str]:
    """What somebody who looks at the remote could take for a backup."""
    return [name for name in storage.files() if not name.endswith(".partial")]


# Every remote with some database, and each database on a remote of each kind: one that shows objects when they are
# complete, and one that shows them at once.
PAIRS = [
    "sqlite-file on local",
    "postgresql-17 on local",
    "sqlite-file on s3",
    "postgresql-17 on sftp",
    "sqlite-file on crypt",
    "mongodb on s3",
    "mysql-9 on local",
]
FEW = ["sqlite-file on local", "postgresql-17 on s3", "mongodb on local", "mariadb-11.8 on s3"]


@dataclass
class Case:
    """A database, and its project on a slow remote."""

    subject: Subject
    project: Project


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    """The pair that the test names, with payload in the database."""
    name, _, kind = request.param.partition(" on ")
    for subject in make_subject(name, request, tmp_path):
        subject.fill_simply(megabytes=MEGABYTES)
        options = {**subject.options, **SLOW, "COMPRESSION": "none"}
        yield Case(subject, Project({"default": subject.database}, make_storage(kind, request, tmp_path), options))


on_every_remote = pytest.mark.parametrize("case", PAIRS, indirect=True)
on_few = pytest.mark.parametrize("case", FEW, indirect=True)


@pytest.mark.representatives("early-sqlite* local", "middle-mysql*")
@on_every_remote
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_dump_that_is_killed_leaves_nothing(case: Case, moment: str):
    with case.project.started("dbbackup") as run:
        os.kill(at(moment, run, case.subject), signal.SIGKILL)
        done = run.end()
    assert done.code == 1
    assert 'Database "default"' in done.error
    assert case.project.storage.files() == []


@pytest.mark.representatives("middle-sqlite*s3", "late-sqlite*crypt")
@on_every_remote
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_supervisor_that_is_killed_leaves_no_visible_object_and_no_process(case: Case, moment: str):
    with case.project.started("dbbackup") as run:
        at(moment, run, case.subject)
        children = run.children()
        run.process.kill()
        wait_until(lambda: not any(alive(pid) for pid in children), "the children's end", seconds=10)
    assert visible(case.project.storage) == []
    assert [backup["state"] for backup in case.project.backups()] in ([], ["partial"])


@pytest.mark.representatives("15-*sqlite*")
@on_few
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_in_order(case: Case, number: int, code: int):
    with case.project.started("dbbackup") as run:
        at("middle", run, case.subject)
        children = run.children()
        run.process.send_signal(number)
        done = run.end()
        assert not any(alive(pid) for pid in children)
    assert done.code == code
    assert "signal" in done.error
    assert case.project.storage.files() == []


@pytest.mark.representatives("sqlite*")
@on_few
def test_rclone_that_is_killed_leaves_nothing(case: Case):
    with case.project.started("dbbackup") as run:
        at("middle", run, case.subject)
        os.kill(run.child("rclone", "rcat"), signal.SIGKILL)
        children = run.children()
        done = run.end()
        assert not any(alive(pid) for pid in children)
    assert done.code == 1
    assert "killed by signal 9" in done.error
    assert case.project.storage.files() == []


@pytest.mark.representatives("sqlite*")
@on_few
def test_a_backup_after_a_killed_one_is_good_and_clean_sweeps_only_what_is_old(case: Case):
    with case.project.started("dbbackup") as run:
        at("middle", run, case.subject)
        run.process.kill()
        run.process.wait()
    case.project.options.pop("RCLONE_FLAGS")
    case.project.ok("dbbackup", "--clean")
    states = [backup["state"] for backup in case.project.backups()]
    assert states in (["good"], ["good", "partial"])  # a young one may still be written by somebody


@pytest.mark.representatives("sqlite*")
@on_few
def test_a_dump_that_stands_still_is_ended(case: Case):
    case.project.options["STALL_TIMEOUT"] = 2
    with case.project.started("dbbackup") as run:
        os.kill(at("early", run, case.subject), signal.SIGSTOP)
        done = run.end()
    assert done.code == 75
    assert "STALL_TIMEOUT" in done.error
    assert case.project.storage.files() == []


@pytest.mark.representatives("mongodb*")
@on_few
def test_a_run_that_takes_too_long_is_ended(case: Case):
    case.project.options["TIMEOUT"] = 1
    done = case.project.run("dbbackup")
    assert done.code == 75
    assert "TIMEOUT" in done.error
    assert case.project.storage.files() == []
