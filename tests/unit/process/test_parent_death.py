"""Programs die with this process, before they can take its end for the end of the stream."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.process.programs import Until, supervised

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_programs_die_with_us_before_they_can_take_our_end_for_that_of_the_stream(tmp_path: Path, until: Until) -> None:
    assert supervised(tmp_path, until, signal.SIGKILL) == -signal.SIGKILL
    assert not (tmp_path / "committed").exists()


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
