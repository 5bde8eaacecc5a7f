"""One rclone in the background answers the queries of a run, and where it cannot, programs of their own do."""

from __future__ import annotations

import base64
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from django_rclone.exceptions import Interrupted, Unavailable
from django_rclone.process import Limits, run
from django_rclone.process.interrupts import interruptible
from django_rclone.rclone.remote import Remote
from django_rclone.rclone.session import session
from tests.support.servers.storage import RCLONE, StorageServer
from tests.unit.conftest import children

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@dataclasses.dataclass(frozen=True)
class Counted:
    """A remote whose rclone writes down how it is started."""

    remote: Remote
    log: Path

    @property
    def starts(self) -> list[str]:
        """The first word of each start, in order."""
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def counted(remote: Remote, tmp_path: Path) -> Counted:
    return counting(remote, tmp_path)


def counting(remote: Remote, folder: Path, first: str = "") -> Counted:
    """The same remote through a script, which runs the lines ``first`` before it becomes rclone."""
    binary, log = folder / "counting", folder / "starts"
    binary.write_text(f'#!/bin/sh\necho "$1" >> "{log}"\n{first}\nexec "{RCLONE}" "$@"\n')
    binary.chmod(0o755)
    return Counted(dataclasses.replace(remote, binary=str(binary)), log)


def in_background() -> list[int]:
    """The ids of the rclones in the background."""
    return [int(pid) for pid in children() if b"\0rcd\0" in Path("/proc", pid, "cmdline").read_bytes()]


def test_one_rclone_answers_all_queries_of_a_session(counted: Counted) -> None:
    remote = counted.remote
    with session():
        assert remote.files("m") == []
        remote.put("m/a", b"content", atomic=False)
        remote.put("m/b", b"", atomic=True)
        remote.move("m/a", "m/c")
        remote.delete("m/b")
        assert [entry.path for entry in remote.files("m")] == ["c"]
        assert remote.folders("") == ["m"]
        assert (entry := remote.stat("m/c"))
        assert entry.size == 7
        assert remote.stored_at("m/c")
        assert remote.stat("m") is None
        assert remote.stat("none/at all") is None
        assert remote.abilities().times
        assert remote.configured() == {}
        assert counted.starts == ["rcd"]
        with session():  # of a command in a command
            assert remote.folders("") == ["m"]
    assert counted.starts == ["rcd"]


def test_without_a_session_each_query_starts_a_program(counted: Counted) -> None:
    counted.remote.files("m")
    counted.remote.stat("m/c")
    assert counted.starts == ["lsjson", "lsjson"]


def test_a_session_without_queries_starts_nothing(counted: Counted) -> None:
    with session():
        counted.remote.path("a")
    assert counted.starts == []


def test_a_program_has_the_environment_of_its_query(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    base = counted.remote
    (Path(base.root) / "one").mkdir()
    (Path(base.root) / "two").mkdir()
    named = dataclasses.replace(base, root="named:")
    with session():
        for name in ("one", "two", "one"):
            monkeypatch.setenv("RCLONE_CONFIG_NAMED_TYPE", "alias")
            monkeypatch.setenv("RCLONE_CONFIG_NAMED_REMOTE", f"{base.root}/{name}")
            named.put(f"{name}.txt", b"", atomic=True)
        assert counted.starts == ["rcd", "rcd"]
    assert {f"{path.parent.name}/{path.name}" for path in Path(base.root).rglob("*.txt")} == {
        "one/one.txt",
        "two/two.txt",
    }


def test_no_more_than_two_run_at_the_same_time(counted: Counted) -> None:
    with session():
        for number in (1, 2, 3, 1):
            dataclasses.replace(counted.remote, flags=("--transfers", str(number))).files("")
            assert len(in_background()) <= 2
    assert counted.starts == ["rcd"] * 4


def test_a_configuration_that_changes_is_read_again(remote: Remote, tmp_path: Path) -> None:
    config = tmp_path / "rclone.conf"
    named = dataclasses.replace(remote, root="named:", config=str(config))
    with session():
        for number, name in enumerate(("one", "two")):
            (Path(remote.root) / name / "in" / name).mkdir(parents=True)
            config.write_text(f"[named]\ntype = alias\nremote = {remote.root}/{name}\n")
            os.utime(config, (number, number))
            assert named.folders("in") == [name]
            assert named.configured()["named"]["remote"] == f"{remote.root}/{name}"


# What goes wrong


def test_an_rclone_that_was_killed_is_replaced_by_programs(counted: Counted) -> None:
    with session():
        assert counted.remote.files("m") == []
        os.kill(*in_background(), signal.SIGKILL)
        counted.remote.put("m/a", b"content", atomic=False)
        assert (entry := counted.remote.stat("m/a"))
        assert entry.size == 7
    assert counted.starts == ["rcd", "rcat", "moveto", "lsjson"]


def test_an_rclone_that_dies_during_a_query_is_replaced_by_a_program(silent: int, tmp_path: Path) -> None:
    remote = Remote(f":webdav,url='http://127.0.0.1:{silent}':", limits=Limits(stall=1))
    counted = counting(remote, tmp_path)
    with session():
        counted.remote.configured()
        killer = threading.Timer(0.1, os.kill, (*in_background(), signal.SIGKILL))
        killer.start()
        with pytest.raises(Unavailable, match="Nothing moved for 1 s"):  # the program does not get an answer either
            counted.remote.files("m")
        killer.join()
    assert counted.starts == ["rcd", "lsjson"]


def test_an_error_is_about_the_remote_of_its_query(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TYPE": "webdav", "URL": f"http://127.0.0.1:{closed_port}"}.items():
        monkeypatch.setenv(f"RCLONE_CONFIG_AWAY_{name}", value)
    with session():
        Remote("").configured()  # starts the rclone
        with pytest.raises(Unavailable, match=r'^Remote "away:x" cannot be reached: .*connection refused'):
            Remote("away:x").files("db")


def test_an_rclone_that_hangs_is_ended_within_the_limit(counted: Counted) -> None:
    remote = dataclasses.replace(counted.remote, limits=Limits(stall=0.3))
    with session():
        remote.files("m")
        os.kill(*in_background(), signal.SIGSTOP)
        with pytest.raises(
            Unavailable, match=r"^Nothing moved for 0\.3 s while waiting for counting \(STALL_TIMEOUT\)"
        ) as late:
            remote.files("m")
        assert late.value.exit_code == 75
        assert children() == []
        assert remote.files("m") == []
    assert counted.starts == ["rcd", "lsjson"]


def test_a_move_that_copies_may_take_longer_than_the_stall_limit(counted: Counted) -> None:
    flags = ("--disable", "move,copy", "--bwlimit", "1M", "--buffer-size", "0")
    remote = dataclasses.replace(counted.remote, flags=flags, limits=Limits(stall=0.5))
    Path(remote.root, "a").write_bytes(os.urandom(2_000_000))
    began = time.monotonic()
    with session():
        remote.move("a", "b")
    assert time.monotonic() - began > 1
    assert [path.name for path in Path(remote.root).iterdir()] == ["b"]
    assert counted.starts == ["rcd"]


@pytest.mark.parametrize(
    "instead",
    [
        'if [ "$1" = rcd ]; then exit 1; fi',
        'if [ "$1" = rcd ]; then echo "NOTICE: Serving remote control on unix" >&2; exec sleep 600; fi',
        'if [ "$1" = rcd ]; then set -- rcd --rc-addr unix:///nonexistent/socket; fi',
    ],
    ids=["unknown", "unreachable", "elsewhere"],
)
def test_where_no_rclone_can_run_in_the_background_programs_answer(
    remote: Remote, tmp_path: Path, instead: str
) -> None:
    counted = counting(remote, tmp_path, instead)
    began = time.monotonic()
    with session():
        assert counted.remote.files("m") == []
        assert counted.remote.stat("m") is None
        assert children() == []
    assert counted.starts == ["rcd", "lsjson", "lsjson"]
    assert time.monotonic() - began < 8  # it does not wait for what will not come


def test_a_script_that_starts_rclone_is_as_good(remote: Remote, tmp_path: Path) -> None:
    counted = counting(remote, tmp_path, f'"{RCLONE}" "$@"; exit $?')
    with session():
        assert counted.remote.files("m") == []
        assert counted.remote.stat("m") is None
    assert counted.starts == ["rcd"]


def test_a_signal_ends_the_query_and_the_rclone(silent: int, tmp_path: Path) -> None:
    counted = counting(Remote(f":webdav,url='http://127.0.0.1:{silent}':"), tmp_path)
    with session(), interruptible():
        counted.remote.configured()
        killer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
        killer.start()
        with pytest.raises(Interrupted):
            counted.remote.files("m")
        killer.join()
        assert children() == []


KILLED = """
import os, signal, sys
from django_rclone.rclone.remote import Remote
from django_rclone.rclone.session import session
with session():
    Remote(sys.argv[1]).files("m")
    print(open(f"/proc/self/task/{os.getpid()}/children").read(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_dies_with_this_process(remote: Remote, until: Callable[[Callable[[], object], str], None]) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, remote.root], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    (pid,) = done.stdout.split()
    until(lambda: not Path("/proc", pid, "cmdline").exists(), "the end of rclone")


def test_other_threads_start_their_own_programs(counted: Counted) -> None:
    with session():
        counted.remote.files("m")
        thread = threading.Thread(target=counted.remote.files, args=("m",))
        thread.start()
        thread.join()
        counted.remote.files("m")
    assert counted.starts == ["rcd", "lsjson"]


FORKED = """
import os, sys
from django_rclone.rclone.remote import Remote
from django_rclone.rclone.session import session
remote = Remote(sys.argv[1], binary=sys.argv[2])
with session():
    remote.files("m")
    if (pid := os.fork()) == 0:
        remote.files("m")
        sys.exit()
    assert os.waitpid(pid, 0) == (pid, 0)
    remote.files("m")
"""


def test_a_forked_process_starts_its_own_programs_and_ends_none_of_ours(counted: Counted) -> None:
    remote = counted.remote
    subprocess.run([sys.executable, "-c", FORKED, remote.root, remote.binary], check=True)
    assert counted.starts == ["rcd", "lsjson"]


# Others on the same machine


def post(address: str, **headers: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join(["POST /config/dump HTTP/1.0", *lines, "", ""]).encode())
        return connection.recv(1 << 16).split(b"\r\n")[0]


def test_it_answers_nobody_without_the_password_which_is_shown_to_nobody(remote: Remote) -> None:
    with session():
        remote.files("m")
        (pid,) = in_background()
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        environment = dict(
            line.split("=", 1) for line in Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0") if line
        )
        address = "\0" + arguments[arguments.index("--rc-addr") + 1].removeprefix("unix://@")
        password = environment["RCLONE_RC_PASS"]
        assert len(password) == 64
        assert not any(password in argument for argument in arguments)
        right = base64.b64encode(f"{environment['RCLONE_RC_USER']}:{password}".encode()).decode()
        wrong = base64.b64encode(f"{environment['RCLONE_RC_USER']}:{'0' * 64}".encode()).decode()
        assert b" 200 " in post(address, Authorization=f"Basic {right}")
        assert b" 401 " in post(address, Authorization=f"Basic {wrong}")
        assert b" 401 " in post(address)


# Between two queries


def test_no_connection_stays_open_between_two_queries(sftp: StorageServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sftp.environment.items():
        monkeypatch.setenv(name, value)
    port = int(sftp.environment["RCLONE_CONFIG_SFTP_PORT"])

    def connections() -> int:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        return sum(line.split()[2].endswith(f":{port:04X}") and line.split()[3] == "01" for line in lines)

    with session():
        remote = Remote(sftp.remote)
        remote.put("session/a", b"content", atomic=False)
        assert [entry.path for entry in remote.files("session")] == ["a"]
        deadline = time.monotonic() + 5
        while connections() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert connections() == 0
        assert run(remote.read("session/a")) == b"content"


@pytest.mark.parametrize("way", [nullcontext, session])
def test_the_time_of_an_upload_is_told_from_the_time_of_the_file(
    s3: StorageServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: Callable[[], AbstractContextManager[None]]
) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    remote = Remote(s3.remote)
    file = tmp_path / "file"
    file.touch()
    os.utime(file, (10**9, 10**9))
    run(remote.command("copyto", str(file), remote.path("times/file")))
    with way():
        stored, entry = remote.stored_at("times/file"), remote.stat("times/file")
    assert stored
    assert abs(stored.timestamp() - time.time()) < 300
    assert entry
    assert entry.modified.timestamp() == 10**9


def test_a_long_listing_takes_no_more_memory_than_from_a_program(remote: Remote) -> None:
    for number in range(10_000):
        Path(remote.root, f"20261123T101500Z-default-{number:06}.json").touch()

    def peak() -> int:
        tracemalloc.start()
        try:
            assert len(remote.files("")) == 10_000
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    alone = peak()
    with session():
        assert peak() <= alone
