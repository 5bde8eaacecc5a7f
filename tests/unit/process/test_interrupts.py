"""A signal ends all programs, and nothing is committed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from django_rclone.exceptions import Interrupted
from django_rclone.process import pipe
from django_rclone.process.interrupts import interruptible
from tests.unit.process.programs import Store, Until, runs, sh, supervised

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_all_programs_and_nothing_is_committed(
    tmp_path: Path, until: Until, number: signal.Signals, code: int
) -> None:
    assert supervised(tmp_path, until, number) == code
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
        until(lambda ids=programs: not any(runs(program) for program in ids), "the programs' end")
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
