"""Programs see the false clock, and wait by it."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.cli.false_clock import FalseClock
from tests.support.servers.ports import wait_until

BERLIN = ZoneInfo("Europe/Berlin")
BEFORE_SUMMER_TIME = datetime(2026, 3, 29, 1, 59, 30, tzinfo=BERLIN)

LOOK = """
import json, os, queue, select, subprocess, sys, threading, time
from datetime import datetime

def queued(seconds):
    try: queue.Queue().get(timeout=seconds)
    except queue.Empty: pass

def locked(seconds):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=seconds)

def ended(seconds):
    program = subprocess.Popen(["sleep", "1000"])
    try: program.wait(timeout=seconds)
    except subprocess.TimeoutExpired: program.kill()

pipe, _ = os.pipe()
poll, epoll = select.poll(), select.epoll()
poll.register(pipe, select.POLLIN)
epoll.register(pipe, select.EPOLLIN)
waits = {
    "time.sleep": time.sleep,
    "Event.wait": threading.Event().wait,
    "Lock.acquire": locked,
    "Queue.get": queued,
    "select": lambda seconds: select.select([pipe], [], [], seconds),
    "poll": lambda seconds: poll.poll(seconds * 1000),
    "epoll": epoll.poll,
    "Popen.wait": ended,
    "a child's sleep": lambda seconds: subprocess.run(["sleep", str(seconds)], check=True),
}
found = {}
for name, wait in waits.items():
    wall, steady = time.time(), time.monotonic()
    wait(float(sys.argv[1]))
    found[name] = [time.time() - wall, time.monotonic() - steady]
print(json.dumps(found))
"""
NOW = "import time, datetime; print(datetime.datetime.now().astimezone().isoformat(), time.time())"


def python(clock: FalseClock, code: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**clock.env, "TZ": "Europe/Berlin", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def test_a_program_lives_at_the_time_that_it_is_given(tmp_path):
    clock = FalseClock(tmp_path, BEFORE_SUMMER_TIME)
    local, stamp = python(clock, NOW).split()
    assert local.startswith("2026-03-29T")
    assert BEFORE_SUMMER_TIME < datetime.fromisoformat(local) < datetime.fromtimestamp(float(stamp), UTC) < clock.now()


def test_all_programs_have_the_same_clock_whenever_they_were_started(tmp_path):
    clock = FalseClock(tmp_path, BEFORE_SUMMER_TIME, speed=1000)
    seen = [datetime.fromisoformat(python(clock, NOW).split()[0]) for _ in range(3)]
    assert [BEFORE_SUMMER_TIME, *seen] == sorted([*seen, BEFORE_SUMMER_TIME])
    child = f"import subprocess, sys; print(subprocess.check_output([sys.executable, '-c', {NOW!r}], text=True))"
    assert seen[-1] < datetime.fromisoformat(python(clock, child).split()[0]) < clock.now()


@pytest.mark.exhaustive
def test_every_wait_of_pythons_goes_as_fast_as_the_clock(tmp_path):
    # Without the false clock, ten minutes of waiting would be ended by the time limit of the test.
    for name, (wall, steady) in json.loads(python(FalseClock(tmp_path, BEFORE_SUMMER_TIME, 1000), LOOK, "600")).items():
        assert wall > 599.9, name
        assert steady > 599.9, name


def test_waits_can_be_left_alone(tmp_path):
    clock = FalseClock(tmp_path, BEFORE_SUMMER_TIME, speed=1000, waits=1)
    for name, (wall, steady) in json.loads(python(clock, LOOK, "0.1")).items():
        assert wall > 99, name
        assert 0.099 < steady < wall / 2, name


@pytest.mark.parametrize("hours", [-1, 24])
def test_the_clock_can_be_set_while_a_program_runs(tmp_path, hours):
    clock = FalseClock(tmp_path, BEFORE_SUMMER_TIME)
    log = tmp_path / "log"
    code = f"""if True:
        import time
        while True:
            with open({str(log)!r}, "a") as file: print(time.time(), file=file, flush=True)
            time.sleep(0.01)
    """
    with subprocess.Popen([sys.executable, "-c", code], env=clock.env) as program:
        try:
            wait_until(log.exists, "the program")
            moment = BEFORE_SUMMER_TIME.astimezone(UTC) + timedelta(hours=hours)
            clock.set(moment)
            seen = log.stat().st_size
            wait_until(lambda: log.stat().st_size > seen + 50, "the program's next words")
        finally:
            program.kill()
    last = datetime.fromtimestamp(float(log.read_text().split("\n")[-2]), UTC)
    assert moment < last < clock.now()


def test_a_backup_has_the_time_of_the_clock(program, tmp_path):
    clock = FalseClock(tmp_path, BEFORE_SUMMER_TIME)
    program.ok("backup", **clock.env)
    (manifest,) = (program.remote / "manifests").glob("*.json")
    started = datetime.fromisoformat(json.loads(manifest.read_text())["started_at"])
    assert BEFORE_SUMMER_TIME.replace(second=0) <= started < clock.now()
