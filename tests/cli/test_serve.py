"""`serve` keeps its word when something is killed, stopped or lost."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.false_clock import FalseClock
from tests.cli.program import Program
from tests.cli.serving import alive, partial, runs, serving, slow
from tests.support.servers.ports import free_port, wait_until
from tests.support.servers.storage import serve_s3

SUCCESS = ("backup", "default", "success", 0)
KILLED = ("backup", "default", "failure", 137)


def good(program: Program) -> int:
    """How many backups there are that can be restored."""
    return sum(row["state"] == "good" for row in program.listed())


def seen(program: Program) -> dict[str, str]:
    """When the remote was last looked at, and what was wrong with it."""
    ((value,),) = program.execute("SELECT value FROM fact WHERE name = 'observed'", "state/history")
    return json.loads(value)


def looked(program: Program) -> datetime:
    """When the remote was last looked at."""
    return datetime.fromisoformat(seen(program)["at"])


@pytest.mark.representatives("15-143")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_missed_slot_is_caught_up_at_the_start_and_a_stop_ends_all(program: Program, number: int, code: int):
    with serving(program) as served:
        served.until(lambda: SUCCESS in runs(program), "the backup")
        served.until(lambda: served.child("refresh") is None, "the look")
        children = served.all()
        assert served.stop(number) == code
        assert alive(children) == []
    assert runs(program) == [SUCCESS]
    assert " ERROR " not in served.said
    with serving(program) as again:  # and it is not made twice
        again.until(lambda: again.said.count("The next backup is at") == 2, "the first refresh")
        assert again.stop() == 143
    assert runs(program) == [SUCCESS]


def test_a_killed_schedule_ends_it_and_the_next_start_says_what_became_of_the_run(program: Program):
    slow(program)
    with serving(program) as served:
        served.until_in_the_middle()
        children = served.all()
        served.kill("scheduler")
        assert served.end() == 1
        wait_until(lambda: alive(children) == [], "the end of the run")
        assert "The scheduler ended (killed by signal 9)." in served.said
    assert good(program) == 0
    assert partial(program) == []
    del program.env["RCLONE_BWLIMIT"]
    with serving(program) as served:
        served.until(lambda: SUCCESS in runs(program), "the backup of the next start")
    first, second = runs(program)
    assert first[:3] == ("backup", "default", "failure")
    assert second == SUCCESS


@pytest.mark.exhaustive
def test_everything_killed_in_the_middle_of_a_run_is_a_failed_run_at_the_next_start(program: Program):
    slow(program)
    with serving(program) as served:
        served.until_in_the_middle()
        loop, backup, children = served.child("scheduler"), served.child("backup"), served.all()
        assert loop
        assert backup
        served.kill("backup")
        served.kill("scheduler")
        served.process.kill()
        wait_until(lambda: alive(children) == [], "the end of all")
    assert good(program) == 0
    del program.env["RCLONE_BWLIMIT"]
    with serving(program) as served:
        served.until(lambda: SUCCESS in runs(program), "the backup of the next start")
    assert runs(program) == [KILLED, SUCCESS]


def test_a_killed_web_server_ends_it(program: Program):
    with serving(program) as served:
        served.until(lambda: served.child("web"), "the web server")
        served.kill("web")
        assert served.end() == 1
        assert "The web server ended (killed by signal 9)." in served.said


@pytest.mark.exhaustive
def test_a_killed_run_counts_as_failed_at_once_and_another_can_be_made(program: Program):
    slow(program)
    with serving(program) as served:
        served.until_in_the_middle()
        served.kill("backup")
        served.until(lambda: runs(program) == [KILLED], "the record")
        assert good(program) == 0
        assert program.run("backup", RCLONE_BWLIMIT="off").code == 0
        assert served.process.poll() is None
    assert runs(program) == [KILLED, SUCCESS]


def test_a_second_run_during_a_run_ends_with_4_and_is_none(program: Program):
    slow(program)
    with serving(program) as served:
        served.until_in_the_middle()
        assert program.run("backup").code == 4
        assert runs(program) == [("backup", "default", "running", None)]


@pytest.mark.exhaustive
def test_a_run_has_its_grace_to_end(program: Program):
    slow(program, 3)
    with serving(program, BACKUP_STOP_GRACE="60") as served:
        served.until_in_the_middle()
        assert served.stop() == 143
    assert runs(program) == [SUCCESS]
    assert good(program) == 1


def test_a_run_that_takes_longer_is_cancelled_cleanly(program: Program):
    slow(program, 60)
    with serving(program, BACKUP_STOP_GRACE="1") as served:
        served.until_in_the_middle()
        assert served.stop() == 143
    assert runs(program) == [("backup", "default", "failure", 143)]
    assert program.stored() == []


@pytest.mark.exhaustive
def test_a_storage_that_stops_in_the_middle_of_a_run_is_asked_again_later(program: Program, tmp_path):
    slow(program, 20)
    with serve_s3(tmp_path) as storage:
        program.env |= {**storage.environment, "BACKUP_REMOTE": storage.remote, "RCLONE_RETRIES": "1"}
        program.env |= {"RCLONE_LOW_LEVEL_RETRIES": "1", "BACKUP_STALL_TIMEOUT": "10"}
        with serving(program) as served:
            served.until(lambda: [run[2] for run in runs(program)] == ["running"], "the run")
            served.until(lambda: served.child("backup"), "the run")
            storage.process.kill()
            served.until(lambda: [run[2:] for run in runs(program)] == [("failure", 75)], "the failure")
            served.until(lambda: "The run is tried again at" in served.said, "the next try")
            served.until(lambda: "connection refused" in seen(program)["error"], "the look at the remote")
            assert served.process.poll() is None


@pytest.mark.exhaustive
def test_of_two_with_one_state_folder_each_makes_its_run_and_never_at_once(program: Program):
    slow(program)
    with serving(program) as one, serving(program) as other:
        one.until(lambda: "The run is tried again at" in one.said, "the one that came second")
        assert "Another run holds the lock" in one.said
        one.until(lambda: SUCCESS in runs(program), "the backup of the first")
        assert good(program) == 1
        assert one.process.poll() is other.process.poll() is None


@pytest.mark.exhaustive
def test_a_hangup_that_nohup_took_away_is_not_heard(program: Program):
    with serving(program, prefix=("nohup",)) as served:
        served.until(lambda: SUCCESS in runs(program), "the backup")
        served.process.send_signal(signal.SIGHUP)
        assert served.stop() == 143


@pytest.mark.exhaustive
@pytest.mark.parametrize("how", ["size=16k", "ro"], ids=["full", "read-only"])
def test_a_state_folder_that_takes_nothing_does_not_stop_a_backup(program: Program, how: str):
    (program.folder / "state").mkdir()
    mounts = f'mount -t tmpfs -o {how} none "$BACKUP_STATE_DIR" && exec "$@"'
    done = program.run("backup", prefix=("unshare", "--mount", "sh", "-c", mounts, "sh"))
    assert done.code == 0, done.err
    assert done.err.count("WARNING The history") == (how != "ro"), done.err
    assert "Traceback" not in done.err
    assert good(program) == 1


@pytest.mark.exhaustive
@pytest.mark.parametrize("how", ["size=16k", "ro"], ids=["full", "read-only"])
def test_the_schedule_goes_on_without_a_state_folder_and_with_nobody_to_tell(program: Program, tmp_path, how: str):
    (program.folder / "state").mkdir()
    mounts = ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o {how} none "$BACKUP_STATE_DIR" && exec "$@"', "sh")
    nobody = f"http://127.0.0.1:{free_port()}/"
    told = {"BACKUP_NOTIFY_URLS": f"json{nobody[4:]}", "BACKUP_NOTIFY_ON": "all", "BACKUP_HEARTBEAT_URL": nobody}
    night = datetime(2026, 11, 25, tzinfo=UTC)
    clock = FalseClock(tmp_path, night - timedelta(minutes=20), speed=60)
    program.env |= {**clock.env, **told, "BACKUP_PUSHGATEWAY_URL": nobody}
    with serving(program, "0 0 * * *", prefix=mounts) as served:
        served.until(lambda: good(program) == 1, "the backup that was missed")
        served.until(lambda: "The next backup is at 2026-11-25 00:00:00" in served.said, "the plan")
        clock.set(night)
        served.until(lambda: good(program) == 2, "the slot")
        assert served.said.count("be delivered to") >= 2 * len(told)  # it tries each time anew


def test_a_lost_state_folder_does_not_stop_the_schedule(program: Program):
    program.ok("backup")
    state = program.folder / "state"
    with serving(program) as served:
        served.until(lambda: "The next backup is at" in served.said, "the first refresh")
        (state / "history.sqlite3").unlink()
        state.rmdir()
        program.ok("backup")
        assert runs(program) == [SUCCESS]
        assert served.process.poll() is None


@pytest.mark.exhaustive
def test_a_slot_that_comes_twice_in_a_night_is_one_run(program: Program, tmp_path):
    """With the real program: in Berlin, half past two comes at 00:30 UTC, and once more at 01:30."""
    night = datetime(2026, 10, 25, tzinfo=UTC)
    first, second = night + timedelta(minutes=30), night + timedelta(minutes=90)
    clock = FalseClock(tmp_path, first - timedelta(minutes=25), speed=60)
    program.env |= {**clock.env, "BACKUP_TIME_ZONE": "Europe/Berlin"}
    program.ok("backup")
    with serving(program, "30 2 * * *") as served:
        served.until(lambda: "The next backup is at" in served.said, "the first refresh")
        assert "next backup is at 2026-10-25 02:30:00 CEST" in served.said
        clock.set(first)
        served.until(lambda: runs(program) == [SUCCESS, SUCCESS], "the run")
        clock.set(second)
        served.until(lambda: looked(program) > second + timedelta(minutes=1), "a look after the second one")
    assert runs(program) == [SUCCESS, SUCCESS]
