"""The worker, seen from the hunt: commands in, how they ended out, each at the time that it shall see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.cli.false_clock import FalseClock

ROOT = Path(__file__).parents[2]
APP = os.environ.get("HUNT_APP") or str(ROOT / "app")
"""The folder of the packages that are hunted in, for instance that of another branch."""


@dataclass(frozen=True, slots=True)
class Kill:
    """The moment at which a command is killed: when it starts so many programs, before or after."""

    program: int
    started: bool

    def __str__(self) -> str:
        return f"killed {'after' if self.started else 'before'} the start of program {self.program}"


@dataclass(frozen=True, slots=True)
class Ended:
    """Result of a command; times are those that it saw."""

    code: int
    out: str
    err: str
    begun: float
    ended: float
    late: bool
    """A program that it had started lived on."""

    @property
    def killed(self) -> bool:
        return self.code == -9


class Worker:
    """A running worker."""

    def __init__(self, folder: Path, mutation: str = "") -> None:
        self.clock = FalseClock(folder, datetime.now(UTC), waits=1)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "RCLONE_"))}
        env = {**kept, **self.clock.env, "PYTHONPATH": f"{APP}:{ROOT}", "RCLONE_CONFIG": "", "HUNT_MUTATION": mutation}
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", sys.executable, "-m", "tests.hunter.worker"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.commands = 0

    def run(
        self,
        arguments: Sequence[str],
        settings: Mapping[str, Any],
        env: Mapping[str, str],
        folder: Path,
        *,
        now: datetime,
        host: str = "web",
        kill: Kill | None = None,
    ) -> Ended:
        """Runs one management command to its end."""
        self.clock.set(now)
        self.commands += 1
        request = {
            "arguments": list(arguments),
            "settings": settings,
            "env": dict(env),
            "folder": str(folder),
            "host": host,
            "kill": None if kill is None else {"program": kill.program, "started": kill.started},
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        return Ended(**json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        """Ends the worker."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)
