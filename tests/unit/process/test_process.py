"""Programs and streams: what must hold whichever program fails, and whenever. Each test also checks what is left."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.command import Attached, Command, Secret
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Interrupted, ProgramFailed, Unavailable
from django_rclone.process import Limits, peek, pipe, run, watchdog
from django_rclone.process.interrupts import interruptible
from django_rclone.process.pump import Pump
from django_rclone.streams import Compressor, Decompressor, Digest, Gate, Meter

pytestmark = pytest.mark.usefixtures("nothing_is_left")

MEGABYTE = 1_000_000
type Until = Callable[[Callable[[], object], str], None]


def sh(script: str, *arguments: str | Secret | Attached, **options: object) -> Command:
    """A small shell program; ``arguments`` are its $0, $1 …"""
    return Command(("sh", "-c", script, *arguments), **options)  # type: ignore[arg-type]


def zeros(count: int, then: str = "exit 0") -> Command:
    return sh(f"head -c {count} /dev/zero; {then}")


class Store:
    """A program that commits when its input ends, as ``rclone rcat`` does."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "stored"
        self._done = folder / "stored.done"
        self.command = sh('cat > "$0" && echo done > "$0.done"', str(self.file))

    @property
    def committed(self) -> bool:
        return self._done.exists()

    @property
    def size(self) -> int:
        return self.file.stat().st_size if self.file.exists() else 0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


# A stream that ends well


def test_all_bytes_pass_all_programs_and_filters_and_are_committed(store: Store) -> None:
    raw, digest = Meter(), Digest()
    pipe(zeros(5 * MEGABYTE), raw, Compressor("zstd", 3), sh("cat"), Decompressor("zstd"), digest, store.command)
    assert store.committed
    assert raw.bytes == digest.bytes == store.size == 5 * MEGABYTE


def test_an_empty_stream_is_a_stream(store: Store) -> None:
    pipe(sh("exit 0"), Digest(), store.command)
    assert store.committed
    assert store.size == 0


def test_the_end_is_given_only_after_the_source_has_ended_well(store: Store, tmp_path: Path, until: Until) -> None:
    # The source closes its output long before it ends: if that were taken for the end, the commit would be too early.
    source = sh('echo all; exec >&-; until [ -e "$0" ]; do sleep 0.01; done', str(tmp_path / "go"))

    def tick() -> None:
        assert not store.committed
        if store.size == len("all\n"):
            (tmp_path / "go").touch()

    pipe(source, store.command, tick=tick)
    assert store.committed


def test_the_caller_is_called_while_it_goes_on() -> None:
    ticks: list[str] = []
    pipe(sh("sleep 0.3"), sh("cat"), tick=lambda: ticks.append(threading.current_thread().name))
    assert ticks
    assert set(ticks) == {"MainThread"}


# The source fails


@pytest.mark.parametrize("size", [0, 100, 3 * MEGABYTE])
@pytest.mark.parametrize(
    ("end", "code"), [("exit 1", 1), ("kill -9 $$", -signal.SIGKILL), ("kill -15 $$", -signal.SIGTERM)]
)
def test_a_cut_stream_never_reaches_its_commit(store: Store, size: int, end: str, code: int) -> None:
    with pytest.raises(ProgramFailed) as failed:
        pipe(zeros(size, end), Digest(), store.command)
    assert failed.value.returncode == code
    assert not store.committed


def test_a_source_that_fails_after_closing_its_output_is_not_committed(store: Store) -> None:
    with pytest.raises(ProgramFailed, match="exit code 7: too late"):
        pipe(sh("echo all; exec >&-; sleep 0.1; echo too late >&2; exit 7"), store.command)
    assert not store.committed


def test_a_failure_is_reported_in_the_words_of_its_explanation(store: Store) -> None:
    def explain(failure: ProgramFailed) -> DjangoRcloneError:
        return Unavailable(f"down: {failure.returncode} {failure.stderr.strip()}")

    with pytest.raises(Unavailable, match=r"^down: 3 no route$"):
        pipe(sh("echo no route >&2; exit 3", explain=explain), store.command)
    assert not store.committed


def test_a_dead_program_whose_child_holds_the_stream_open_does_not_hang_us(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "ROOT_CAUSE_WAIT", 0.1)
    monkeypatch.setattr("django_rclone.process.child.GRACE", 0.2)
    with pytest.raises(ProgramFailed, match="exit code 1"):
        pipe(sh("sleep 600 & echo some; exit 1"), store.command)
    assert not store.committed


# A program in the middle fails


@pytest.mark.parametrize("stage", ["exit 5", "head -c 100; exit 5", "cat; exit 5"])
def test_a_failing_stage_is_not_committed_and_is_named(store: Store, stage: str) -> None:
    with pytest.raises(ProgramFailed) as failed:
        pipe(zeros(3 * MEGABYTE), sh(stage), store.command)
    assert failed.value.returncode == 5
    assert not store.committed


def test_the_failure_nearest_to_the_source_is_the_one_that_is_reported(store: Store) -> None:
    with pytest.raises(ProgramFailed) as failed:
        pipe(zeros(3 * MEGABYTE, "exit 3"), sh("cat > /dev/null; exit 4"), store.command)
    assert failed.value.returncode == 3


def test_a_client_that_chokes_on_a_damaged_object_is_not_blamed_for_it() -> None:
    digest = Digest((5 * MEGABYTE, "0" * 64))
    client = Command(("sh", "-c", "head -c 10 > /dev/null; exit 9"), is_loader=True)
    with pytest.raises(DjangoRcloneError, match="is damaged: it has 3,000,000 bytes"):
        pipe(zeros(3 * MEGABYTE), digest, client)


# The last program fails


def test_a_sink_that_dies_early_is_named_also_while_the_source_goes_on_for_ever() -> None:
    with pytest.raises(ProgramFailed, match="exit code 4: disk full"):
        pipe(sh("yes"), sh("head -c 100 > /dev/null; echo disk full >&2; exit 4"))


def test_a_sink_that_fails_in_its_commit_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match="exit code 6"):
        pipe(zeros(100), sh("cat > /dev/null; exit 6"))


def test_a_sink_that_ends_well_before_it_has_read_everything_is_a_failure() -> None:
    with pytest.raises(DjangoRcloneError, match=r"^sh ended before it had read everything"):
        pipe(sh("yes"), sh("head -c 100 > /dev/null"))


def test_a_sink_that_closes_its_input_and_goes_on_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "GRACE", 0.1)
    with pytest.raises(DjangoRcloneError, match=r"^sh ended before it had read everything"):
        pipe(sh("yes"), sh("exec <&-; sleep 600"))


# Filters and the gate


class Bad:
    """A filter that objects, to the bytes or at the end."""

    def __init__(self, *, at_the_end: bool) -> None:
        self._at_the_end = at_the_end

    def feed(self, data: bytes) -> Iterable[bytes]:
        if not self._at_the_end:
            raise ConfigurationError("these bytes are wrong")
        return (data,)

    def finish(self) -> Iterable[bytes]:
        raise ConfigurationError("the end is wrong")


@pytest.mark.parametrize("at_the_end", [True, False])
@pytest.mark.parametrize("behind", [(), (sh("cat"),)])
def test_a_filter_that_objects_stops_the_commit(store: Store, at_the_end: bool, behind: tuple[Command, ...]) -> None:
    with pytest.raises(ConfigurationError, match="wrong"):
        pipe(zeros(2 * MEGABYTE), Bad(at_the_end=at_the_end), *behind, store.command)
    assert not store.committed


def test_the_first_filter_is_blamed_when_a_later_one_stumbles_over_its_bytes(store: Store) -> None:
    with pytest.raises(DjangoRcloneError, match="bytes instead of the"):
        pipe(zeros(MEGABYTE), Digest((5, "0" * 64)), Decompressor("zstd"), store.command)
    assert not store.committed


def test_the_held_back_bytes_and_the_end_wait_for_the_verdict(store: Store, until: Until) -> None:
    seen: list[bytes] = []

    def tail(held: bytes) -> bytes:
        seen.append(held)
        until(lambda: store.size == MEGABYTE - 1000, "all but the held-back bytes")
        raise ConfigurationError("no")

    with pytest.raises(ConfigurationError, match=r"^no$"):
        pipe(zeros(MEGABYTE), store.command, gate=Gate(hold=1000, tail=tail))
    assert seen == [bytes(1000)]
    assert store.size == MEGABYTE - 1000
    assert not store.committed


def test_a_gate_changes_the_first_and_the_last_bytes(store: Store) -> None:
    pipe(
        sh("printf 'begin;middle;commit;'"),
        store.command,
        gate=Gate(hold=7, head=lambda held: b"<" + held, tail=lambda held: held.upper() + b">"),
    )
    assert store.file.read_bytes() == b"<begin;middle;COMMIT;>"


def test_a_gate_sees_all_of_a_stream_that_is_shorter_than_what_it_holds(store: Store) -> None:
    pipe(sh("printf ab"), store.command, gate=Gate(hold=100, head=lambda held: held + b"c", tail=lambda held: held * 2))
    assert store.file.read_bytes() == b"abcabc"


def test_a_gate_that_objects_to_the_beginning_lets_nothing_through(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "ROOT_CAUSE_WAIT", 0.1)

    def head(held: bytes) -> bytes:
        raise ConfigurationError(f"bad beginning of {len(held) >= 10}")

    with pytest.raises(ConfigurationError, match=r"^bad beginning of True$"):
        pipe(zeros(5 * MEGABYTE), store.command, gate=Gate(hold=10, head=head))
    assert store.size == 0
    assert not store.committed


@given(pieces=st.lists(st.binary(min_size=1, max_size=50), max_size=5), hold=st.integers(0, 120))
def test_a_gate_holds_back_exactly_its_bytes_however_they_come(pieces: list[bytes], hold: int) -> None:
    source_read, source_write = os.pipe()
    sink_read, sink_write = os.pipe()
    os.set_blocking(sink_read, False)
    pump = Pump(source_read, sink_write, [], Gate(hold=hold))
    pump._NAP = 0  # type: ignore[misc]
    pump.start()
    for piece in pieces:
        os.write(source_write, piece)
    os.close(source_write)
    pump.drained.wait()
    everything = b"".join(pieces)
    free = len(everything) - min(hold, len(everything))
    assert _now(sink_read) == everything[:free]
    pump.release()
    pump.join()
    assert _now(sink_read) == everything[free:]
    os.close(sink_read)


def _now(descriptor: int) -> bytes:
    """What can be read without waiting."""
    try:
        return os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return b""


# What never starts


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_missing_program_leaves_nothing_running(store: Store, place: int) -> None:
    parts = [zeros(MEGABYTE), sh("cat"), store.command]
    parts[place] = Command(("no-such-program",), install="Install the package.")
    with pytest.raises(ConfigurationError, match=r'^Program "no-such-program" was not found. Install the package.$'):
        pipe(*parts)
    assert not store.committed


@pytest.mark.parametrize("nth", range(5))
def test_a_thread_that_cannot_be_started_leaves_nothing_running(
    store: Store, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    begun: list[threading.Thread] = []
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if len(begun) == nth:
            raise RuntimeError("can't start new thread")  # Python's own message
        begun.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    with pytest.raises(Unavailable, match=r"A thread cannot be started now: the limit .* is reached"):
        pipe(sh("exec sleep 600"), sh("exec cat"), store.command)
    assert not store.committed


def test_a_process_that_cannot_be_started_now_may_be_started_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", full)
    with pytest.raises(Unavailable, match=r'Program ".*/sh" cannot be started now: the limit'):
        run(sh("true"))


def test_a_stream_needs_no_program_on_path_but_its_own(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sh", "cat"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    pipe(sh("echo all"), store.command)
    assert store.committed


def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/nonexistent/interpreter\n")
    program.chmod(0o755)
    with pytest.raises(ConfigurationError, match="cannot be started: No such file"):
        run(Command((str(program),)))


# Clocks


def test_a_stream_that_takes_too_long_is_ended(store: Store) -> None:
    with pytest.raises(Unavailable, match=r"within 0\.2 s \(TIMEOUT\)\. Last output: still here"):
        pipe(sh("echo still here >&2; yes"), store.command, limits=Limits(timeout=0.2))
    assert not store.committed


def test_a_source_that_stands_still_is_ended_and_named(store: Store) -> None:
    with pytest.raises(Unavailable, match=r"Nothing moved for 0\.2 s while waiting for sleep"):
        pipe(Command(("sleep", "600")), store.command, limits=Limits(stall=0.2))
    assert not store.committed


@pytest.mark.parametrize("sink", ["sleep 600", "cat > /dev/null; sleep 600"])
def test_storage_that_stands_still_is_ended_and_named(sink: str) -> None:
    with pytest.raises(Unavailable, match=r"Nothing moved for 0\.2 s while waiting for sh "):
        pipe(zeros(5 * MEGABYTE), sh(sink), limits=Limits(stall=0.2))


@pytest.mark.parametrize("client", ["sleep 0.5; cat > /dev/null", "cat > /dev/null; sleep 0.5"])
def test_a_client_may_take_its_time(client: str) -> None:
    pipe(zeros(5 * MEGABYTE), Command(("sh", "-c", client), is_loader=True), limits=Limits(stall=0.1))


# What is heard


def test_the_stderr_of_a_program_is_limited_and_its_secrets_are_masked() -> None:
    program = sh(
        'for i in 1 2 3 4; do head -c 100000 /dev/zero | tr "\\0" x; echo; done >&2; echo "$PGPASSWORD" >&2; exit 1'
    )
    secret = Command(program.argv, env={"PGPASSWORD": Secret("hunter2")})
    with pytest.raises(ProgramFailed) as failed:
        run(secret)
    assert len(failed.value.stderr) <= 64 * 1024
    assert "hunter2" not in str(failed.value)
    assert failed.value.stderr.endswith("***\n")


def test_a_secret_that_a_program_knows_from_within_a_file_is_masked_too() -> None:
    # mongodump names the URI that it was given, with the password, when it cannot connect.
    attached = Attached(b"no connection to app, p%40ss at h")
    with pytest.raises(ProgramFailed) as caught:
        run(sh("cat $0 >&2; exit 1", attached, hide=(Secret("p@ss"), Secret("p%40ss"))))
    assert "app, *** at h" in caught.value.stderr


def test_no_half_of_a_secret_stays_where_old_words_are_cut_off() -> None:
    # What is kept begins in the middle of the secret.
    script = 'echo "password=$PGPASSWORD" >&2; head -c "$0" /dev/zero | tr "\\0" x >&2; echo >&2; echo why >&2; exit 1'
    kept = 64 * 1024
    for distance in (4, 8):
        length = kept - len("\n\nwhy\n") - distance
        with pytest.raises(ProgramFailed) as failed:
            run(sh(script, str(length), env={"PGPASSWORD": Secret("correct horse")}))
        assert "horse" not in failed.value.stderr
        assert "se" not in failed.value.stderr
        assert failed.value.stderr.endswith("why\n")


# What programs see


def test_a_secret_may_follow_a_flag_and_no_other_user_can_read_it() -> None:
    script = 'echo "$0"; path=${0#--defaults-file=}; stat -L -c %a "$path"; cat "$path"'
    secret = Secret("hunter2", "--defaults-file=")
    argument, mode, content = run(sh(script, secret)).decode().splitlines()
    assert argument.startswith("--defaults-file=/dev/fd/")
    assert (mode, content) == ("600", "hunter2")
    assert str(secret) == "--defaults-file=***"


def test_secrets_travel_by_descriptor_and_never_as_an_argument() -> None:
    script = 'tr "\\0" "\\n" < /proc/$$/cmdline; echo "=="; cat "$0"; echo "=="; cat "$1"'
    arguments, secret, attached = run(sh(script, Secret("hunter2"), Attached(b"host:5432", "a file"))).split(b"==\n")
    assert b"hunter2" not in arguments
    assert b"host:5432" not in arguments
    assert b"/dev/fd/" in arguments
    assert (secret, attached) == (b"hunter2", b"host:5432")


def test_a_program_sees_nothing_of_our_environment_that_was_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SECRET_KEY", "canary")
    monkeypatch.setenv("PGPASSWORD", "canary")
    monkeypatch.setenv("PGHOST", "db")
    monkeypatch.setenv("RCLONE_BWLIMIT", "10M")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    command = Command(
        (sys.executable, "-c", "import os; print(sorted(os.environ))"), env={"OWN": "1"}, inherit=("PG*T",)
    )
    # See tests/support/measured.py.
    seen = {name for name in eval(run(command)) if not name.startswith(("COVERAGE_", "GOGC"))}
    assert {"PGHOST", "LC_ALL", "OWN", "PATH"} <= seen
    common = {"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH", "LANG", "LANGUAGE", "TZ", "TZDIR"}
    common |= {"SSL_CERT_FILE", "SSL_CERT_DIR", "PGHOST", "OWN"}
    assert {name for name in seen if not name.startswith("LC_")} <= common


def test_a_program_inherits_no_descriptor_but_its_own() -> None:
    with Path(os.devnull).open("rb") as foreign:
        os.set_inheritable(foreign.fileno(), True)
        listed = run(Command((sys.executable, "-c", "import os; print(os.listdir('/proc/self/fd'))"))).decode()
    assert sorted(int(number) for number in eval(listed)) == [0, 1, 2, 3]  # 3: the listing itself


def test_a_little_that_unpacks_to_a_lot_needs_no_memory(tmp_path: Path) -> None:
    packed = tmp_path / "bomb.zst"
    packing = Compressor("zstd", 3)
    zero = bytes(1 << 20)
    with packed.open("wb") as file:
        for _ in range(150):
            file.writelines(packing.feed(zero))
        file.writelines(packing.finish())
    assert packed.stat().st_size < 100_000
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from django_rclone.process import Command, pipe\n"
        "from django_rclone.streams import Decompressor, Gate, Meter\n"
        "count = Meter()\n"
        "sink = Command(('sh', '-c', 'cat > /dev/null'))\n"
        "pipe(Command(('cat', sys.argv[1])), Decompressor('zstd'), count, sink, gate=Gate())\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(count.bytes, status.split('VmHWM:')[1].split()[0])\n"  # ru_maxrss would count pytest's, before exec
    )
    answer = subprocess.run([sys.executable, "-c", script, packed], capture_output=True, check=True)
    count, kilobytes = map(int, answer.stdout.split())
    assert count == 150 << 20
    assert kilobytes < 80_000


# When a signal ends or kills us

SUPERVISOR = """
import os, signal, sys
from pathlib import Path
from django_rclone.exceptions import Interrupted
from django_rclone.process import Command, pipe

def interrupt(number, frame):
    raise Interrupted(number)

for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, interrupt)

folder = sys.argv[1]
source = 'echo $$ > "$0/source"; echo some; while :; do sleep 600; done'
stage = 'echo $$ > "$0/stage"; cat'
sink = 'echo $$ > "$0/sink"; cat > "$0/stored" && echo done > "$0/committed"'
try:
    pipe(*(Command(("sh", "-c", script, folder)) for script in (source, stage, sink)))
except Interrupted as error:
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_all_programs_and_nothing_is_committed(
    tmp_path: Path, until: Until, number: signal.Signals, code: int
) -> None:
    assert _supervised(tmp_path, until, number) == code
    assert not (tmp_path / "committed").exists()


def test_programs_die_with_us_before_they_can_take_our_end_for_that_of_the_stream(tmp_path: Path, until: Until) -> None:
    assert _supervised(tmp_path, until, signal.SIGKILL) == -signal.SIGKILL
    assert not (tmp_path / "committed").exists()


HASTY = """
import logging  # its hook after each fork swallows exceptions
import sys
from django_rclone.exceptions import Interrupted
from django_rclone.process import Command, pipe
from django_rclone.process.interrupts import interruptible

source = 'kill -TERM $PPID; echo $$ > "$0/source"; exec sleep 600'
sink = 'echo $$ > "$0/sink"; read -r line; echo done > "$0/committed"'
try:
    with interruptible():
        pipe(*(Command(("sh", "-c", script, sys.argv[1])) for script in (source, "cat", sink)))
except Interrupted as error:
    sys.exit(error.exit_code)
"""


def test_a_signal_that_comes_while_programs_are_being_started_is_neither_lost_nor_early(
    tmp_path: Path, until: Until
) -> None:
    for attempt in range(8):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        assert subprocess.run([sys.executable, "-c", HASTY, folder], check=False, timeout=20).returncode == 143
        programs = [int((folder / name).read_text() or 0) for name in ("source", "sink") if (folder / name).exists()]
        until(lambda ids=programs: not any(_runs(program) for program in ids), "the programs' end")
        assert not (folder / "committed").exists()


def test_a_signal_whose_exception_is_swallowed_still_ends_the_run(store: Store) -> None:
    came = False

    def tick() -> None:
        nonlocal came
        if not came:
            came = True
            with suppress(Exception):  # as a log handler does, or a finalizer
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted, match="signal 15"), interruptible():
        pipe(sh("echo data; exec sleep 600"), store.command, tick=tick)
    assert came
    assert not store.committed


@pytest.mark.parametrize(("lost", "committed"), [(0, True), (1, False)])
def test_a_program_that_exits_with_0_but_reports_a_loss_has_failed(store: Store, lost: int, committed: bool) -> None:
    source = sh(f"echo data; echo '{lost} lost' >&2", succeeded=lambda stderr: "0 lost" in stderr)
    if committed:
        pipe(source, store.command)
    else:
        with pytest.raises(ProgramFailed, match=r"ended with exit code 0: 1 lost"):
            pipe(source, store.command)
    assert store.committed is committed


EAGER = """
import fcntl, os, resource, sys
from django_rclone.process import Command, pipe

# The kernel closes descriptors in the order of their numbers: with many above the pipe's, that takes a while.
_soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
most = min(hard, 200_000)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
nothing = os.open(os.devnull, os.O_RDONLY)
for number in range(500, most):
    fcntl.fcntl(nothing, fcntl.F_DUPFD_CLOEXEC, number)

# Commits at the very moment it sees end-of-file, without starting anything.
sink = 'read -r line; echo ready > "$0/ready"; while read -r line; do :; done; echo done > "$0/committed"'
pipe(Command(("sh", "-c", "echo some; exec sleep 600")), Command(("sh", "-c", sink, sys.argv[1])))
"""


def test_an_eager_program_does_not_take_our_death_for_the_end_of_the_stream(tmp_path: Path, until: Until) -> None:
    """The kernel closes the descriptors of a killed process before it kills its children. On a busy machine there is
    time in between, in which rclone would see end-of-file and commit; here that time is made long."""
    for attempt in range(12):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with subprocess.Popen([sys.executable, "-c", EAGER, folder]) as supervisor:
            until((folder / "ready").exists, "the sink")
            supervisor.kill()
        time.sleep(0.05)  # what would be committed, would be by now
        assert not (folder / "committed").exists(), f"committed in round {attempt}"


def _supervised(folder: Path, until: Until, number: signal.Signals) -> int:
    """Sends a signal to a supervisor in mid-stream, waits for the end of all its programs and returns its exit code."""
    with subprocess.Popen([sys.executable, "-c", SUPERVISOR, folder]) as supervisor:
        stored = folder / "stored"
        until(lambda: stored.exists() and stored.read_text() == "some\n", "the first bytes in the sink")
        programs = [int((folder / name).read_text()) for name in ("source", "stage", "sink")]
        supervisor.send_signal(number)
        code = supervisor.wait(10)
    until(lambda: not any(_runs(program) for program in programs), "the programs' end")
    return code


def _runs(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


# Looking at the beginning only


def test_a_reader_may_stop_when_it_has_seen_enough() -> None:
    assert peek(sh("yes"), sh("head -c 6")) == b"y\ny\ny\n"


def test_a_reader_that_needs_everything_gets_everything() -> None:
    assert peek(sh("echo a; echo b"), Meter(), sh("cat"), sh("wc -l")).strip() == b"2"


def test_a_reader_that_fails_because_the_source_failed_is_not_blamed() -> None:
    with pytest.raises(ProgramFailed, match="exit code 3: no such object"):
        peek(sh("echo no such object >&2; exit 3"), sh("cat; exit 1"))


def test_a_reader_that_fails_by_itself_is_blamed() -> None:
    with pytest.raises(ProgramFailed, match="exit code 1: not an archive"):
        peek(sh("echo text"), sh("cat > /dev/null; echo not an archive >&2; exit 1"))


def test_a_filter_that_objects_is_blamed_for_the_reader() -> None:
    with pytest.raises(DjangoRcloneError, match="is not complete zstd data"):
        peek(sh("echo text"), Decompressor("zstd"), sh("cat; exit 1"))


def test_looking_has_its_time() -> None:
    with pytest.raises(Unavailable, match=r"within 0\.2 s"):
        peek(sh("sleep 600"), sh("cat"), timeout=0.2)


def test_looking_with_a_missing_reader_leaves_nothing_running() -> None:
    with pytest.raises(ConfigurationError, match="not found"):
        peek(sh("yes"), Command(("no-such-program",)))


# One program


def test_a_program_gets_its_input_and_gives_its_output() -> None:
    text = os.urandom(3 * MEGABYTE)
    assert run(sh("cat"), stdin=text) == text


def test_the_failure_of_a_program_has_its_stderr() -> None:
    with pytest.raises(ProgramFailed) as failed:
        run(sh("echo one >&2; echo two >&2; exit 2"))
    assert str(failed.value) == "sh ended with exit code 2: one | two"


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Unavailable, match=r"^sh did not end within 0\.2 s\. Last output: thinking$"):
        run(sh("echo thinking >&2; while :; do sleep 600; done"), timeout=0.2)


def test_a_program_that_ignores_being_asked_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_rclone.process.child.GRACE", 0.2)
    with pytest.raises(Unavailable):
        run(sh('trap "" TERM; while :; do sleep 0.1; done'), timeout=0.2)


def test_every_line_is_heard_as_it_comes_the_last_without_its_end_too() -> None:
    lines: list[str] = []
    run(sh('printf "one\\nt" >&2; printf "wo $TOKEN\\nthree" >&2', env={"TOKEN": "hunter2"}), on_line=lines.append)
    assert lines == ["one", "two ***", "three"]


def test_a_listener_that_raises_does_not_stop_the_program() -> None:
    def hear(line: str) -> None:
        raise BrokenPipeError(line)

    assert run(sh("yes so it goes | head -n 30000 >&2; echo done"), on_line=hear, timeout=10) == b"done\n"


@pytest.fixture(autouse=True)
def _no_core_files() -> Iterator[None]:
    """Killed shells leave none."""
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, limits)
