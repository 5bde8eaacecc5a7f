"""`serve` as it is started by whoever runs containers, and a look at its processes, history and remote."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.program import Program
from tests.support.commands import start
from tests.support.servers.ports import free_port, wait_until

ONCE = "0 0 1 1 *"
"""A schedule whose last slot has long passed, and whose next is far away: one run, at the start."""


def slow(program: Program, megabytes: int = 6) -> None:
    """Makes the database so big, and the remote so slow, that a backup takes as many seconds as these megabytes."""
    program.execute(f"INSERT INTO note VALUES (randomblob({megabytes} * 1000 * 1000))")
    program.env |= {"RCLONE_BWLIMIT": "1M", "RCLONE_BUFFER_SIZE": "0", "BACKUP_COMPRESSION": "none"}


@dataclass
class Serving:
    """A `serve` that goes on."""

    program: Program
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        """The log so far."""
        return self.log.read_text()

    def child(self, command: str) -> int | None:
        """The process id of what it, or its schedule, has started for a command."""
        for number in self._below(self.process.pid):
            with suppress(OSError):
                words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
                if (
                    b"django_rclone_sidecar" in words
                    and words[words.index(b"django_rclone_sidecar") + 1] == command.encode()
                ):
                    return number
        return None

    def all(self) -> list[int]:
        """Everything that runs below it."""
        return list(self._below(self.process.pid))

    def _below(self, number: int) -> Iterator[int]:
        with suppress(OSError):
            for child in Path(f"/proc/{number}/task/{number}/children").read_text().split():
                yield int(child)
                yield from self._below(int(child))

    def kill(self, command: str) -> None:
        """Sends SIGKILL to one process."""
        number = self.child(command)
        assert number is not None, self.said
        os.kill(number, signal.SIGKILL)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Waits for something that it does in its own time, for as long as it lives."""

        def holds() -> bool:
            return bool(condition()) or self.process.poll() is not None

        wait_until(holds, what)
        assert condition(), f"{what}: ended with {self.process.returncode}\n{self.said}"

    def until_in_the_middle(self) -> None:
        """Waits until a backup is being written to the remote."""
        self.until(lambda: partial(self.program) and self.child("backup"), "a run in its middle")

    def end(self) -> int:
        """Its exit code, when it has ended by itself; nothing of it runs then."""
        return self.process.wait(60)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Asks it to stop, and returns its exit code."""
        self.process.send_signal(number)
        return self.end()


def partial(program: Program) -> list[str]:
    """Returns the files that rclone has begun to write and not finished."""
    return [path for path in program.stored() if path.endswith(".partial")]


def alive(numbers: list[int]) -> list[int]:
    """Those of the processes that still run."""
    return [number for number in numbers if Path(f"/proc/{number}/cmdline").exists() and not _zombie(number)]


def _zombie(number: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def runs(program: Program) -> list[tuple[Any, ...]]:
    """Verb, database, outcome and exit code of what the history knows, oldest first."""
    try:
        return program.execute(
            "SELECT run.verb, part.database, part.outcome, run.exit_code FROM part JOIN run ON run.id = part.run_id "
            "ORDER BY run.started_at, part.database",
            "state/history",
        )
    except sqlite3.OperationalError:  # not made yet
        return []


@contextmanager
def serving(program: Program, schedule: str = ONCE, prefix: tuple[str, ...] = (), **env: str) -> Iterator[Serving]:
    """Starts `serve`, and ends it if the test did not."""
    log = program.folder / "serve.log"
    variables = {"BACKUP_SCHEDULE": schedule, "PORT": str(free_port()), **env}
    with log.open("ab") as output:
        process = start(
            [*prefix, "django-rclone", "serve"],
            env={**program.env, **variables},
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    made = Serving(program, process, log)
    try:
        yield made
        assert "Traceback" not in made.said
    finally:
        left = made.all()
        process.kill()
        process.wait()
        for number in alive(left):
            with suppress(OSError):
                os.kill(number, signal.SIGKILL)
