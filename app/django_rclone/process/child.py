"""One running program: its start, its end and its stderr."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO

from django_rclone.command import Command
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed, Unavailable
from django_rclone.masking import mask
from django_rclone.process.child_environment import child_environment
from django_rclone.process.descriptors import arguments_and_descriptors
from django_rclone.process.interrupts import signals_deferred
from django_rclone.process.parent_death import signal_on_parent_death

_STDERR_KEPT = 64 * 1024
GRACE = 5.0
"""Seconds between TERM and KILL, and limit for other steps that should be immediate."""

_TOO_MANY = "the limit of processes and threads is reached (ulimit -u, pids.max). Raise it, or try again later."


def start(thread: threading.Thread) -> None:
    """Starts a thread. Raises Unavailable if the limit of threads is reached."""
    try:
        thread.start()
    except RuntimeError as error:
        raise Unavailable(f"A thread cannot be started now: {_TOO_MANY}") from error


class Process:
    """A running program in a process group of its own. Its stderr is kept, limited in size and with secrets masked."""

    def __init__(
        self, command: Command, stdin: int, stdout: int, keep: Sequence[int] = (), log: BinaryIO | None = None
    ) -> None:
        """Starts the program, which inherits the descriptors in ``keep`` under the same numbers.

        With a ``log``, it writes stderr to that file, and ``drain`` is not needed.

        Raises ConfigurationError if it is missing or cannot be started, Unavailable if the limit of processes is
        reached.
        """
        self.command = command
        self._stderr = b""
        self._log = log
        self._reader: threading.Thread | None = None
        self._on_line: Callable[[str], None] | None = None
        env, secrets = child_environment(command)
        self._secrets = secrets
        with arguments_and_descriptors(command) as (argv, passed):
            program = _find(argv[0], env.get("PATH"))
            if program is None:
                raise ConfigurationError(
                    f'Program "{argv[0]}" was not found. {command.install or "Install it, or put it on PATH."}'
                )
            try:
                self._popen = subprocess.Popen(
                    [program, *argv[1:]],
                    stdin=stdin,
                    stdout=stdout,
                    stderr=subprocess.PIPE if log is None else log,
                    env=env,
                    pass_fds=[*passed, *keep],
                    start_new_session=True,  # Ctrl-C at the terminal comes only to us, and no program can prompt
                    preexec_fn=signal_on_parent_death(os.getpid(), signal.SIGKILL),  # noqa: PLW1509 - we fork from the main thread only
                )
            except BlockingIOError as error:  # EAGAIN from fork(2)
                raise Unavailable(f'Program "{program}" cannot be started now: {_TOO_MANY}') from error
            except (OSError, ValueError) as error:  # ValueError: an argument contains a NUL
                reason = getattr(error, "strerror", None) or error
                raise ConfigurationError(f'Program "{program}" cannot be started: {reason}.') from error

    def drain(self, on_line: Callable[[str], None] | None = None) -> None:
        """Starts to read stderr, and passes each line to ``on_line``.

        To be called after all programs of a pipeline have been started, so that this process never forks while it has
        threads.
        """
        self._on_line = on_line
        reader = threading.Thread(target=self._read_stderr, name=f"stderr of {self.command.program}", daemon=True)
        start(reader)
        self._reader = reader

    def _read_stderr(self) -> None:
        line = b""
        while self._popen.stderr is not None and (data := os.read(self._popen.stderr.fileno(), 65536)):
            self._keep(data)
            if self._on_line is not None:
                *whole, line = (line + data).split(b"\n")
                self._pass_on(self._on_line, whole)
        if line and self._on_line is not None:
            self._pass_on(self._on_line, [line])

    def _keep(self, data: bytes) -> None:
        self._stderr += data
        if len(self._stderr) > _STDERR_KEPT:
            # Whole lines only: masking does not recognise part of a secret.
            self._stderr = self._stderr[-_STDERR_KEPT:].partition(b"\n")[2]

    def _pass_on(self, on_line: Callable[[str], None], lines: Sequence[bytes]) -> None:
        for line in lines:
            with suppress(Exception):  # an error in the callback must not stop the reading of stderr
                on_line(mask(line.decode(errors="replace"), self._secrets))

    @property
    def stderr(self) -> str:
        """The program's stderr so far, with secrets masked."""
        if self._log is not None and not self._log.closed:
            self._stderr = b""
            size = os.fstat(self._log.fileno()).st_size
            self._keep(os.pread(self._log.fileno(), _STDERR_KEPT + 1, max(0, size - _STDERR_KEPT - 1)))
        return self.masked(self._stderr.decode(errors="replace"))

    def masked(self, text: str) -> str:
        """Returns a text that the program has sent, with secrets masked."""
        return mask(text, self._secrets)

    @property
    def pid(self) -> int:
        """Process id, which is also the id of the program's group and session."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal, None while the program runs."""
        return self._popen.poll()

    @property
    def failed(self) -> bool:
        """Whether the program has failed; False while it runs."""
        if self.returncode == 0 and self.command.succeeded is not None:
            self.close()
            return not self.command.succeeded(self.stderr)
        return bool(self.returncode)

    def wait(self, seconds: float) -> int | None:
        """Waits up to ``seconds`` for the program to end, and returns its exit code."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
        return self.returncode

    @property
    def lives(self) -> bool:
        """Whether the program or a child of it runs: a child keeps stderr and the stream open."""
        if self.returncode is not None and self._reader is not None:
            self._reader.join(0.1)
            return self._reader.is_alive()
        return self.returncode is None

    def signal(self, number: int) -> None:
        """Sends a signal to the program and all programs that it started."""
        with suppress(ProcessLookupError, PermissionError):  # it has ended, or another user's process has its id now
            os.killpg(self._popen.pid, number)

    def close(self) -> None:
        """Reads the rest of stderr. To be called after the program has ended."""
        if self._reader is not None:
            self._reader.join(GRACE)  # a grandchild may keep stderr open: do not wait for it
        if self._popen.stderr is not None and (self._reader is None or not self._reader.is_alive()):
            self._popen.stderr.close()

    def failure(self) -> DjangoRcloneError:
        """Returns the error for the program's exit, made by ``command.explain``."""
        self.close()
        code = self.returncode
        return self.command.explain(ProgramFailed(self.command.program, -1 if code is None else code, self.stderr))


def _find(program: str, path: str | None) -> str | None:
    """Returns the path of a program that can be run, None if there is none."""
    if program.startswith("/"):
        return program if os.access(program, os.X_OK) and not os.path.isdir(program) else None  # noqa: PTH112
    import shutil  # noqa: PLC0415 - takes 5 ms to import, and the clients that helper programs run are absolute paths

    return shutil.which(program, path=path)


def end(processes: Sequence[Process]) -> None:
    """Ends the running programs and their children with TERM, then KILL.

    The last program is signalled first, so that none takes the end of another for end-of-file.
    """
    with signals_deferred():
        running = [process for process in processes if process.lives]
        for process in reversed(running):
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and (running := [process for process in running if process.lives]):
            running[0].wait(max(0, deadline - time.monotonic()))
        for process in running:
            if process.lives:
                process.signal(signal.SIGKILL)
                process.wait(GRACE)
        for process in processes:
            process.close()


def last_output(*processes: Process) -> str:
    """Returns the last line that each program wrote to stderr, as the end of a message; an empty string if none did."""
    lines = [process.stderr.strip().splitlines()[-1] for process in processes if process.stderr.strip()]
    return f" Last output: {' | '.join(lines)}" if lines else ""
