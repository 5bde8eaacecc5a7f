"""A project that Compose has started."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Composed:
    """A project of Compose's: its command line, and the variables that its files read."""

    command: tuple[str, ...]
    env: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Runs Compose, which must succeed, and returns what it printed."""
        done = subprocess.run(
            [*self.command, *arguments],
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=270,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
