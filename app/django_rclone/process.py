"""The only module that starts programs: ``run`` one, ``peek`` at a stream's beginning, ``pipe`` a whole stream.

A pipe never lies. The last program's end-of-file, which rclone takes as "commit" and psql as "go on", is given
only when every program before it has ended 0 and every filter has agreed; in every other case it is killed with
its input still open. Should this process itself be killed, the kernel kills its children (Linux).
"""

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
from dataclasses import dataclass
from typing import BinaryIO

from django_rclone.command import Attached, Command, Secret
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Interrupted, ProgramFailed, Unavailable
from django_rclone.masking import looks_secret, mask, secret_values
from django_rclone.pump import Pump
from django_rclone.streams import Filter, Gate

__all__ = ["Attached", "Command", "Limits", "Secret", "peek", "pipe", "run"]

# What every program may see of our environment: where things are, how text is written, what is trusted.
_COMMON: tuple[str, ...] = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TZDIR",
    "TMPDIR",
    "LD_LIBRARY_PATH",
)
_COMMON += ("SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT")

_STDERR_KEPT = 64 * 1024
_GRACE = 5.0  # seconds between TERM and KILL
_ROOT_CAUSE = 10.0  # seconds that the rest of a broken stream gets to show where it broke first
_TICK = 0.2  # seconds between two looks at clocks and children

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_prctl: Callable[[int, int], int] | None = (
    ctypes.CDLL(None, use_errno=True).prctl if sys.platform.startswith("linux") else None
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a stream may take (``timeout``) and stand still (``stall``), in seconds; None: for ever."""

    timeout: float | None = None
    stall: float | None = None


class Process:
    """A started program: its group is ended as a whole, its stderr is drained, bounded and masked."""

    def __init__(self, command: Command, stdin: int, stdout: int) -> None:
        self.command = command
        self._stderr = b""
        self._reader: threading.Thread | None = None
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
                    pass_fds=passed,
                    start_new_session=True,  # a Ctrl-C at the terminal is ours to handle, and no program can prompt
                    preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - we fork from the main thread only
                )
            except OSError as error:
                raise ConfigurationError(f'Program "{program}" cannot be started: {error.strerror}.') from error

    def drain(self) -> None:
        """Starts to read stderr. Called when all programs of a pipe have been started: no forks with threads."""
        self._reader = threading.Thread(target=self._read_stderr, name=f"stderr of {self.command.program}", daemon=True)
        self._reader.start()

    def _read_stderr(self) -> None:
        while self._popen.stderr is not None and (data := os.read(self._popen.stderr.fileno(), 65536)):
            self._stderr = (self._stderr + data)[-_STDERR_KEPT:]

    @property
    def stderr(self) -> str:
        """What the program has said, secrets masked."""
        return mask(self._stderr.decode(errors="replace"), self._secrets)

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal, None while the program runs."""
        return self._popen.poll()

    def wait(self, seconds: float) -> int | None:
        """Waits up to ``seconds`` for the end."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
        return self.returncode

    def signal(self, number: int) -> None:
        """Sends a signal to the program and everything that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)

    def close(self) -> None:
        """Reads the end of stderr; the program has ended."""
        if self._reader is not None:
            self._reader.join(_GRACE)  # a grandchild may hold it open: then what we have is enough
        if self._popen.stderr is not None and (self._reader is None or not self._reader.is_alive()):
            self._popen.stderr.close()

    def failure(self) -> DjangoRcloneError:
        """Returns the error that its builder makes of the program's end."""
        self.close()
        code = self.returncode
        return self.command.explain(ProgramFailed(self.command.program, -1 if code is None else code, self.stderr))


def run(command: Command, *, stdin: bytes = b"", timeout: float | None = 300) -> bytes:
    """Runs one program and returns its stdout.

    Raises what ``command.explain`` makes of an exit code other than 0, and Unavailable after ``timeout`` seconds.
    """
    read, write = os.pipe()
    source = _content(stdin)
    try:
        process = Process(command, source.fileno(), write)
    except BaseException:
        os.close(read)
        raise
    finally:
        os.close(write)
        source.close()
    output = bytearray()

    def collect() -> None:
        with os.fdopen(read, "rb") as stream:
            while data := stream.read(1 << 16):
                output.extend(data)

    collector = threading.Thread(target=collect, daemon=True)
    try:
        process.drain()
        collector.start()
        if process.wait(timeout or threading.TIMEOUT_MAX) is None:
            raise Unavailable(f"{command.program} did not end within {timeout:g} s.{_last_words(process)}")
    finally:
        _end([process])
        collector.join(_GRACE)
    if process.returncode != 0:
        raise process.failure()
    return bytes(output)


def pipe(
    *parts: Command | Filter,
    gate: Gate = Gate(hold=0),
    limits: Limits = Limits(),
    tick: Callable[[], None] | None = None,
) -> None:
    """Runs the programs among ``parts`` as one stream, with the filters between them.

    First and last must be commands. ``gate`` stands before the last. ``tick`` is called about five times a second
    in the caller's thread. Raises the failure that came first in the stream, after everything was ended.
    """
    line = _Line(parts, gate)
    watch = _Watch(line, limits, tick)
    with line:
        while not line.last.drained.is_set():
            line.last.changed.wait(_TICK)
            watch.look()
        for process in line.upstream:
            while process.wait(_TICK) is None:
                watch.look()
        line.raise_first_failure()
        line.last.release()
        watch.commit()


def peek(*parts: Command | Filter, timeout: float = 300) -> bytes:
    """Returns what the last program prints. It may end before it has read everything; the others are ended then."""
    read, write = os.pipe()
    output = bytearray()

    def collect() -> None:
        with os.fdopen(read, "rb") as stream:
            while data := stream.read(1 << 16):
                output.extend(data)

    try:
        line = _Line(parts, Gate(hold=0), stdout=write)
    except BaseException:
        os.close(read)
        raise
    finally:
        os.close(write)
    collector = threading.Thread(target=collect, daemon=True)
    watch = _Watch(line, Limits(timeout=timeout), None)
    with line:
        collector.start()
        while line.sink.wait(0.02) is None:
            watch.check_clocks()
            if line.last.drained.is_set():
                line.last.release()
        collector.join()
        if line.sink.returncode != 0:
            line.wait_for_root_cause()
            line.raise_first_failure()
            raise line.sink.failure()
    return bytes(output)


class _Line:
    """The programs of one stream, and the pumps between them. A context: it leaves nothing running behind."""

    def __init__(self, parts: Sequence[Command | Filter], gate: Gate, stdout: int | None = None) -> None:
        self.processes: list[Process] = []
        self.pumps: list[Pump] = []
        first, *rest = parts
        assert isinstance(first, Command), "a stream begins with a program"
        try:
            with open(os.devnull, "rb") as nothing:  # noqa: PTH123
                readable = self._start(first, nothing.fileno())
            filters: list[Filter] = []
            for index, part in enumerate(rest):
                if isinstance(part, Command):
                    last = index == len(rest) - 1
                    readable = self._join(readable, filters, part, gate if last else None, stdout)
                    filters = []
                else:
                    filters.append(part)
        except BaseException:
            self._close()
            raise

    def _start(self, command: Command, stdin: int) -> int:
        """Starts a program whose output goes on, and returns the end to read it from."""
        readable, writable = _pipe()
        try:
            self.processes.append(Process(command, stdin, writable))
        except BaseException:
            os.close(readable)
            raise
        finally:
            os.close(writable)
        return readable

    def _join(self, source: int, filters: list[Filter], command: Command, gate: Gate | None, stdout: int | None) -> int:
        """Puts a pump and a program behind ``source``; the last program (it has a gate) prints to ``stdout``."""
        stdin, writable = _pipe()
        self.pumps.append(Pump(source, writable, filters, gate))
        try:
            if gate is None:
                return self._start(command, stdin)
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
                self.processes.append(Process(command, stdin, nowhere.fileno() if stdout is None else stdout))
            return -1
        finally:
            os.close(stdin)

    def __enter__(self) -> None:
        for process in self.processes:
            process.drain()
        for pump in self.pumps:
            pump.start()

    def __exit__(self, *_exception: object) -> None:
        self._close()

    def _close(self) -> None:
        # Kill first: an end of ours that closes would tell a program that its input is complete.
        _end(self.processes)
        for pump in self.pumps:
            pump.abandon()

    @property
    def upstream(self) -> list[Process]:
        return self.processes[:-1]

    @property
    def sink(self) -> Process:
        return self.processes[-1]

    @property
    def last(self) -> Pump:
        return self.pumps[-1]

    def raise_first_failure(self) -> None:
        """Raises what went wrong nearest to the source, but for the last program: the rest follows from it."""
        for process, pump in zip(self.upstream, self.pumps, strict=True):
            if process.returncode:
                raise process.failure()
            if pump.error is not None:
                raise pump.error

    def wait_for_root_cause(self) -> None:
        """Gives what stands before the program that failed a moment to show whether it failed first."""
        until = time.monotonic() + _ROOT_CAUSE
        for pump, process in zip(self.pumps, self.upstream, strict=True):
            pump.drained.wait(max(0, until - time.monotonic()))
            if pump.drained.is_set():
                process.wait(1)


class _Watch:
    """Looks after a running line: clocks, early deaths, progress."""

    def __init__(self, line: _Line, limits: Limits, tick: Callable[[], None] | None) -> None:
        self._line = line
        self._limits = limits
        self._tick = tick or (lambda: None)
        self._began = time.monotonic()
        self._broken_since: float | None = None
        self._committing_since: float | None = None

    def look(self) -> None:
        """Raises when the line cannot end well any more."""
        line = self._line
        self._tick()
        self.check_clocks()
        if line.last.sink_closed or line.sink.returncode is not None:
            line.sink.wait(_GRACE)
            if not line.sink.command.may_stall:  # a client chokes on what was damaged before it
                line.wait_for_root_cause()
            line.raise_first_failure()
            raise self._ended_early()
        if any(process.returncode or pump.error for process, pump in zip(line.upstream, line.pumps, strict=True)):
            self._broken_since = self._broken_since or time.monotonic()
            if time.monotonic() - self._broken_since > _ROOT_CAUSE:
                line.raise_first_failure()

    def commit(self) -> None:
        """Waits for the last program, which has been given end-of-file.

        A client is let finish even when a signal comes: were it killed in its commit, nobody could say what became
        of the database.
        """
        self._committing_since = time.monotonic()
        try:
            self._wait_for_sink()
        except (KeyboardInterrupt, Interrupted):
            if self._line.sink.command.may_stall:
                raise
            self._wait_for_sink()
            raise
        finally:
            if self._line.sink.returncode:
                raise self._line.sink.failure()
        if self._line.last.sink_closed:
            raise self._ended_early()

    def _wait_for_sink(self) -> None:
        while self._line.sink.wait(_TICK) is None:
            self._tick()
            if self._line.sink.command.may_stall:
                self.check_clocks()

    def _ended_early(self) -> DjangoRcloneError:
        sink = self._line.sink
        if sink.returncode:
            return sink.failure()
        return DjangoRcloneError(f"{sink.command.program} ended before it had read everything.")

    def check_clocks(self) -> None:
        """Raises Unavailable when the whole takes too long, or one program has stood still for too long."""
        now = time.monotonic()
        timeout, stall = self._limits.timeout, self._limits.stall
        if timeout is not None and now - self._began > timeout:
            raise Unavailable(f"It was not done within {timeout:g} s (TIMEOUT).{_last_words(*self._line.processes)}")
        for since, process in self._waits():
            if stall is not None and since is not None and process.command.may_stall and now - since > stall:
                raise Unavailable(
                    f"Nothing moved for {stall:g} s while waiting for {process.command.program} (STALL_TIMEOUT)."
                    f"{_last_words(process)}"
                )

    def _waits(self) -> Iterator[tuple[float | None, Process]]:
        """Gives since when we wait for which program."""
        for process, pump in zip(self._line.upstream, self._line.pumps, strict=True):
            yield pump.reading_since, process
        yield self._committing_since or self._line.last.writing_since, self._line.sink


def _end(processes: Sequence[Process]) -> None:
    """Ends the programs that still run: TERM, then KILL. All at once, so that none takes another's end for EOF."""
    running = [process for process in processes if process.returncode is None]
    try:
        for process in reversed(running):
            process.signal(signal.SIGTERM)
        until = time.monotonic() + _GRACE
        for process in running:
            process.wait(max(0, until - time.monotonic()))
    finally:
        for process in running:
            if process.returncode is None:
                process.signal(signal.SIGKILL)
                process.wait(_GRACE)
        for process in processes:
            process.close()


def _last_words(*processes: Process) -> str:
    said = [process.stderr.strip().splitlines()[-1] for process in processes if process.stderr.strip()]
    return f" Last heard: {' | '.join(said)}" if said else ""


def _pipe() -> tuple[int, int]:
    readable, writable = os.pipe()
    if sys.platform.startswith("linux"):
        import fcntl  # noqa: PLC0415 - not everywhere

        with suppress(PermissionError):  # over the user's limit for pipes: the small ones work too
            fcntl.fcntl(writable, fcntl.F_SETPIPE_SZ, Pump.CHUNK)
    return readable, writable


def _die_with(parent: int) -> Callable[[], None] | None:
    """Returns what a child does before it becomes the program: ask to be killed when we die."""
    if _prctl is None:
        return None

    def ask(prctl: Callable[[int, int], int] = _prctl) -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # we died in between
            os._exit(127)

    return ask


def _environment(command: Command) -> tuple[dict[str, str], list[str]]:
    """Returns the program's environment, and the secrets that it or its arguments hold."""
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
    secrets += [part.value for part in command.argv if isinstance(part, Secret)]
    return env, secrets


@contextmanager
def _descriptors(command: Command) -> Iterator[tuple[list[str], list[int]]]:
    """Gives argv with attached content and secrets replaced by the names of inherited descriptors."""
    argv: list[str] = []
    files: list[BinaryIO] = []
    try:
        for part in command.argv:
            if isinstance(part, str):
                argv.append(part)
            else:
                content = part.content if isinstance(part, Attached) else part.value.encode()
                files.append(_content(content))
                argv.append(f"/dev/fd/{files[-1].fileno()}")
        yield argv, [file.fileno() for file in files]
    finally:
        for file in files:
            file.close()


def _content(content: bytes) -> BinaryIO:
    """Returns an open file in memory (Linux) that holds ``content``, at its beginning."""
    if sys.platform.startswith("linux"):
        file: BinaryIO = os.fdopen(os.memfd_create("django-rclone"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # type: ignore[assignment]  # noqa: SIM115 - nothing in memory here
    file.write(content)
    file.flush()
    file.seek(0)
    return file
