"""Programs that run in the background, with this process's stderr."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

from django_rclone.exceptions import ConfigurationError
from django_rclone.process.child import content_file, die_with
from django_rclone.process.interrupts import held


class BackgroundProcess:
    """A program started in the background. If this process is killed, the program gets SIGTERM (Linux)."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], keep: Sequence[int] = ()) -> None:
        """Starts the program with environment ``env`` and the descriptors in ``keep``; keeps its stdout for ``output``.

        Raises ConfigurationError if it cannot be started.
        """
        self._stdout: BinaryIO = content_file(b"")
        with held():
            try:
                self._popen = subprocess.Popen(
                    list(argv),
                    stdin=subprocess.DEVNULL,
                    stdout=self._stdout,
                    env=dict(env),
                    pass_fds=keep,
                    start_new_session=True,  # we forward a Ctrl-C at the terminal
                    preexec_fn=die_with(os.getpid(), signal.SIGTERM),  # noqa: PLW1509 - there are no threads here
                )
            except OSError as error:
                raise ConfigurationError(f"{argv[0]} cannot be started: {error.strerror}.") from error

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal, None while the program runs."""
        return self._popen.poll()

    def wait(self, seconds: float) -> int | None:
        """Waits up to ``seconds`` for the program to end, and returns its exit code."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
        return self.returncode

    def signal(self, number: int) -> None:
        """Sends a signal to the program only: it handles its own children."""
        if self.returncode is None:
            self._popen.send_signal(number)

    def output(self) -> str:
        """Returns the program's stdout. Call it once, after the program has ended."""
        self._stdout.seek(0)
        with self._stdout:
            return self._stdout.read().decode(errors="replace")
