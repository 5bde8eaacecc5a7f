"""A program in the background of a block."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from django_rclone import process
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed, Unavailable

_READ = "import sys; sys.stdin.buffer.read()"


def python(script: str) -> process.Command:
    return process.Command((sys.executable, "-c", script))


def test_the_block_begins_after_a_line_and_the_program_ends_with_it(tmp_path: Path):
    file = tmp_path / "pid"
    script = (
        f"import os, sys; open({str(file)!r}, 'w').write(str(os.getpid())); print(sys.stdin.readline(), flush=True); "
        f"sys.stdin.read(); open({str(file)!r}, 'a').write(' end')"
    )
    with process.hold(python(script), b"first\n"):
        os.kill(int(file.read_text()), 0)
        assert process.run(python("print(7)")) == b"7\n"
    assert file.read_text().endswith(" end")


def test_a_program_that_ends_early_is_an_error_that_shows_its_output():
    with (
        pytest.raises(ProgramFailed, match="ended with exit code 3: no right"),
        process.hold(python("import sys; print('no right', file=sys.stderr); sys.exit(3)")),
    ):
        pytest.fail("the block must not begin")


def test_a_program_that_says_nothing_is_unavailable():
    with pytest.raises(Unavailable, match="did not answer within"), process.hold(python(_READ), timeout=0.5):
        pytest.fail("the block must not begin")


def test_a_program_that_ends_during_the_block_does_not_matter():
    with process.hold(python("print('x', flush=True)")):
        time.sleep(0.2)


def test_a_missing_program_is_an_error():
    with pytest.raises(DjangoRcloneError, match="was not found"), process.hold(process.Command(("no such program",))):
        pytest.fail("the block must not begin")


def test_an_error_in_the_block_ends_the_program(tmp_path: Path):
    file = tmp_path / "pid"
    script = f"import os; open({str(file)!r}, 'w').write(str(os.getpid())); print('x', flush=True); {_READ}"
    with pytest.raises(ValueError, match="ours"), process.hold(python(script)):
        raise ValueError("ours")
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), signal.SIGCONT)
