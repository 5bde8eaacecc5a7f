"""Small programs for the tests of processes, and a supervisor to kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from django_rclone.command import Attached, Command, Secret

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


_SUPERVISOR = """
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


def supervised(folder: Path, until: Until, number: signal.Signals) -> int:
    """Sends a signal to a supervisor in mid-stream, waits for the end of all its programs and returns its exit code."""
    with subprocess.Popen([sys.executable, "-c", _SUPERVISOR, folder]) as supervisor:
        stored = folder / "stored"
        until(lambda: stored.exists() and stored.read_text() == "some\n", "the first bytes in the sink")
        programs = [int((folder / name).read_text()) for name in ("source", "stage", "sink")]
        supervisor.send_signal(number)
        code = supervisor.wait(10)
    until(lambda: not any(runs(program) for program in programs), "the programs' end")
    return code


def runs(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
