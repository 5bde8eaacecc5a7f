"""Program that runs in the background and shares this process's stderr."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

from django_rclone.exceptions import ConfigurationError
from django_rclone.process.descriptors import content_file
from django_rclone.process.interrupts import signals_deferred
from django_rclone.process.parent_death import signal_on_parent_death


class BackgroundProcess:
    """A program started in the background. If this process is killed, the program gets SIGTERM (Linux)."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], keep: Sequence[int] = ()) -> None:
        """Starts the program with the environment ``env``, the descriptors in ``keep`` and a file as stdout.

        Raises ConfigurationError if it cannot be started.
        """
        self._stdout: BinaryIO = content_file(b"")
        with signals_deferred():
            try:
                self._popen = subprocess.Popen(
                    list(argv),
                    stdin=subprocess.DEVNULL,
                    stdout=self._stdout,
                    env=dict(env),
                    pass_fds=keep,
                    start_new_session=True,  # Ctrl-C at the terminal comes only to us, and we forward it
                    preexec_fn=signal_on_parent_death(os.getpid(), signal.SIGTERM),  # noqa: PLW1509 - there are no threads here
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
        """Sends a signal to the program alone: it signals its children itself."""
        if self.returncode is None:
            self._popen.send_signal(number)

    def output(self) -> str:
        """Returns the program's stdout. To be called once, after the program has ended."""
        self._stdout.seek(0)
        with self._stdout:
            return self._stdout.read().decode(errors="replace")
