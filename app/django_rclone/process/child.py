"""Start and end of one program, with its environment, descriptors and stderr."""

from __future__ import annotations

import ctypes
import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

from django_rclone.command import Attached, Command, Secret
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed, Unavailable
from django_rclone.masking import looks_secret, mask, secret_values
from django_rclone.process.interrupts import held

# Variables of our environment that every program gets: paths, locale and time zone, trusted certificates.
_COMMON = (
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH"),
    *("LANG", "LANGUAGE", "LC_*", "TZ", "TZDIR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)

_STDERR_KEPT = 64 * 1024
GRACE = 5.0
"""Seconds between TERM and KILL, and limit for other steps that should be immediate."""

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_prctl: Callable[[int, int], int] | None = (
    ctypes.CDLL(None, use_errno=True).prctl if sys.platform.startswith("linux") else None
)
DIES_WITH_US = _prctl is not None
"""Whether the kernel kills the children of this process when it is killed."""


_TOO_MANY = "the limit of processes and threads is reached (ulimit -u, pids.max). Raise it, or try again later."


def start(thread: threading.Thread) -> None:
    """Starts a thread. Raises Unavailable if the limit of threads is reached."""
    try:
        thread.start()
    except RuntimeError as error:
        raise Unavailable(f"A thread cannot be started now: {_TOO_MANY}") from error


class Process:
    """A started program. Its process group is ended as a whole; its stderr is read, limited in size and masked."""

    def __init__(self, command: Command, stdin: int, stdout: int, keep: Sequence[int] = ()) -> None:
        """Starts the program; it inherits the descriptors in ``keep`` with the same numbers.

        Raises ConfigurationError if it is missing or cannot be started, Unavailable at the limit of processes.
        """
        self.command = command
        self._stderr = b""
        self._reader: threading.Thread | None = None
        self._on_line: Callable[[str], None] | None = None
        env, secrets = _environment(command)
        self._secrets = secrets
        with _descriptors(command) as (argv, passed):
            program = shutil.which(argv[0], path=env.get("PATH"))
            if program is None:
                raise ConfigurationError(
                    f'Program "{argv[0]}" was not found. {command.install or "Install it, or put it on PATH."}'
                )
            try:
                self._popen = subprocess.Popen(
                    [program, *argv[1:]],
                    stdin=stdin,
                    stdout=stdout,
                    stderr=subprocess.PIPE,
                    env=env,
                    pass_fds=[*passed, *keep],
                    start_new_session=True,  # we handle Ctrl-C at the terminal, and no program can prompt
                    preexec_fn=die_with(os.getpid(), signal.SIGKILL),  # noqa: PLW1509 - we fork from the main thread only
                )
            except BlockingIOError as error:  # EAGAIN from fork(2)
                raise Unavailable(f'Program "{program}" cannot be started now: {_TOO_MANY}') from error
            except (OSError, ValueError) as error:  # ValueError: an argument contains a NUL
                reason = getattr(error, "strerror", None) or error
                raise ConfigurationError(f'Program "{program}" cannot be started: {reason}.') from error

    def drain(self, on_line: Callable[[str], None] | None = None) -> None:
        """Starts to read stderr, and passes each line to ``on_line``.

        Call it after all programs of a pipe have been started, so that this process never forks while it has threads.
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
                self._tell(self._on_line, whole)
        if line and self._on_line is not None:
            self._tell(self._on_line, [line])

    def _keep(self, data: bytes) -> None:
        self._stderr += data
        if len(self._stderr) > _STDERR_KEPT:
            # Keep whole lines only: masking would not recognise part of a secret.
            self._stderr = self._stderr[-_STDERR_KEPT:].partition(b"\n")[2]

    def _tell(self, on_line: Callable[[str], None], lines: Sequence[bytes]) -> None:
        for line in lines:
            with suppress(Exception):  # an error in the callback must not stop the reading of stderr
                on_line(mask(line.decode(errors="replace"), self._secrets))

    @property
    def stderr(self) -> str:
        """The program's stderr so far, with secrets masked."""
        return mask(self._stderr.decode(errors="replace"), self._secrets)

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal, None while the program runs."""
        return self._popen.poll()

    @property
    def failed(self) -> bool:
        """Whether the program has ended without success; False while it runs."""
        if self.returncode == 0 and self.command.believe is not None:
            self.close()
            return not self.command.believe(self.stderr)
        return bool(self.returncode)

    def wait(self, seconds: float) -> int | None:
        """Waits up to ``seconds`` for the program to end, and returns its exit code."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
        return self.returncode

    @property
    def lives(self) -> bool:
        """Whether the program or one of its children runs: a child keeps stderr open, and the stream too."""
        if self.returncode is not None and self._reader is not None:
            self._reader.join(0.1)
            return self._reader.is_alive()
        return self.returncode is None

    def signal(self, number: int) -> None:
        """Sends a signal to the program and all programs that it started."""
        with suppress(ProcessLookupError, PermissionError):  # it has ended, or another user has the id now
            os.killpg(self._popen.pid, number)

    def close(self) -> None:
        """Reads the rest of stderr. Call it after the program has ended."""
        if self._reader is not None:
            self._reader.join(GRACE)  # a grandchild may keep it open: then what we have is enough
        if self._popen.stderr is not None and (self._reader is None or not self._reader.is_alive()):
            self._popen.stderr.close()

    def failure(self) -> DjangoRcloneError:
        """Returns the error for the program's exit, made by ``command.explain``."""
        self.close()
        code = self.returncode
        return self.command.explain(ProgramFailed(self.command.program, -1 if code is None else code, self.stderr))


def end(processes: Sequence[Process]) -> None:
    """Ends the running programs and their children: TERM, then KILL.

    All are signalled at once, so that none mistakes the end of another for end-of-file.
    """
    with held():
        running = [process for process in processes if process.lives]
        for process in reversed(running):
            process.signal(signal.SIGTERM)
        until = time.monotonic() + GRACE
        while time.monotonic() < until and (running := [process for process in running if process.lives]):
            running[0].wait(max(0, until - time.monotonic()))
        for process in running:
            if process.lives:
                process.signal(signal.SIGKILL)
                process.wait(GRACE)
        for process in processes:
            process.close()


def last_words(*processes: Process) -> str:
    said = [process.stderr.strip().splitlines()[-1] for process in processes if process.stderr.strip()]
    return f" Last heard: {' | '.join(said)}" if said else ""


def die_with(parent: int, number: int) -> Callable[[], None] | None:
    """Returns a ``preexec_fn`` that asks for signal ``number`` when ``parent`` dies; None if not supported."""
    if _prctl is None:
        return None

    def ask(prctl: Callable[[int, int], int] = _prctl) -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # the parent died in between
            os._exit(127)

    return ask


def _environment(command: Command) -> tuple[dict[str, str], list[str]]:
    """Returns the program's environment, and the secrets in it and in the arguments."""
    allowed = (*_COMMON, *command.inherit)
    env = {
        name: value
        for name, value in os.environ.items()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in allowed)
    }
    secrets = secret_values(env)
    for name, value in command.env.items():
        if isinstance(value, Secret):
            secrets.append(value.value)
            env[name] = value.value
        else:
            env[name] = value
            if looks_secret(name):
                secrets.append(value)
    secrets += [part.value for part in (*command.argv, *command.hide) if isinstance(part, Secret)]
    return env, secrets


@contextmanager
def _descriptors(command: Command) -> Iterator[tuple[list[str], list[int]]]:
    """Yields argv and the descriptors to inherit, whose paths replace attached content and secrets in argv."""
    argv: list[str] = []
    files: list[BinaryIO] = []
    try:
        for part in command.argv:
            if isinstance(part, str):
                argv.append(part)
            else:
                content = part.content if isinstance(part, Attached) else part.value.encode()
                files.append(content_file(content))
                argv.append(f"{part.flag}/dev/fd/{files[-1].fileno()}")
        yield argv, [file.fileno() for file in files]
    finally:
        for file in files:
            file.close()


def content_file(content: bytes) -> BinaryIO:
    """Returns an open file with ``content``, positioned at its start; on Linux in memory, elsewhere on disk."""
    if sys.platform.startswith("linux"):
        file: BinaryIO = os.fdopen(os.memfd_create("django-rclone"), "w+b")
        os.fchmod(file.fileno(), 0o600)  # MySQL's clients ignore an option file that is writable by others
    else:
        file = tempfile.TemporaryFile()  # type: ignore[assignment]  # noqa: SIM115 - no files in memory here
    file.write(content)
    file.flush()
    file.seek(0)
    return file
