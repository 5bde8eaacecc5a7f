"""A child process: its start, its stderr with secrets masked, and its end."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from django_rclone.command import Attached, Command, Secret
from django_rclone.exceptions import ConfigurationError, ProgramFailed, Unavailable
from django_rclone.process import pipe, run
from tests.unit.process.programs import MEGABYTE, Store, sh, zeros

pytestmark = pytest.mark.usefixtures("nothing_is_left")


# The start


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


# Its stderr


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


def test_every_line_is_heard_as_it_comes_the_last_without_its_end_too() -> None:
    lines: list[str] = []
    run(sh('printf "one\\nt" >&2; printf "wo $TOKEN\\nthree" >&2', env={"TOKEN": "hunter2"}), on_line=lines.append)
    assert lines == ["one", "two ***", "three"]


def test_a_listener_that_raises_does_not_stop_the_program() -> None:
    def hear(line: str) -> None:
        raise BrokenPipeError(line)

    assert run(sh("yes so it goes | head -n 30000 >&2; echo done"), on_line=hear, timeout=10) == b"done\n"


# Its end


def test_a_program_that_ignores_being_asked_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_rclone.process.child.GRACE", 0.2)
    with pytest.raises(Unavailable):
        run(sh('trap "" TERM; while :; do sleep 0.1; done'), timeout=0.2)
