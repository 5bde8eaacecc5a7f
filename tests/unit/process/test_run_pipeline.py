"""A stream reaches its commit only if every program and every filter has ended well."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from django_rclone.command import Command
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed, Unavailable
from django_rclone.process import pipe, watchdog
from django_rclone.streams import Compressor, Decompressor, Digest, Meter
from tests.unit.process.programs import MEGABYTE, Store, Until, sh, zeros

pytestmark = pytest.mark.usefixtures("nothing_is_left")


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


@pytest.mark.parametrize(("lost", "committed"), [(0, True), (1, False)])
def test_a_program_that_exits_with_0_but_reports_a_loss_has_failed(store: Store, lost: int, committed: bool) -> None:
    source = sh(f"echo data; echo '{lost} lost' >&2", succeeded=lambda stderr: "0 lost" in stderr)
    if committed:
        pipe(source, store.command)
    else:
        with pytest.raises(ProgramFailed, match=r"ended with exit code 0: 1 lost"):
            pipe(source, store.command)
    assert store.committed is committed


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
