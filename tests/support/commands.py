"""The one way in which tests start our commands: `python -m django …` and `django-rclone …`, and others the same way.

Where a process that was forked from a warm Python is as good, one is (see forkserver.py); else a fresh one is started:
behind a prefix, with descriptors to pass, or with variables that decide how Python itself starts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.forkserver import LENGTH

ROOT = Path(__file__).parents[2]
# Variables that take effect when a program is loaded, or a Python begins.
_AT_START = re.compile(r"PYTHON(?!PATH$|DONTWRITEBYTECODE$|UNBUFFERED$)|LD_|GLIBC_|MALLOC_|COVERAGE_")
_LOCALE = re.compile(r"LC_|LANG")


@dataclass(frozen=True)
class Done:
    """Result of a command."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that says what went wrong, by a management command or in the log of the sidecar."""
        lines: list[str] = re.findall(r"^(?:CommandError: |.* ERROR +)(.*)$", self.err, re.MULTILINE)
        assert len(lines) == 1, f"not one error line but {len(lines)}:\n{self.err}"
        assert "Traceback" not in self.err
        return lines[0].strip()


def run(command: Sequence[str], *, timeout: float = 240, **options: Any) -> Done:
    """Runs a command to its end, without a terminal."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with start(command, **{**pipes, **options}) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return Done(process.returncode, out, err)


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
    """Starts a command: `subprocess.Popen` with the same options."""
    forked = _forkable(command, options)
    return Forked(forked, **options) if forked else subprocess.Popen(command, **options)


def _forkable(command: Sequence[str], options: Mapping[str, Any]) -> list[str]:
    """Returns this command as the fork server takes it; empty where only a fresh process will do."""
    if not options.keys() <= {"env", "cwd", "stdin", "stdout", "stderr", "text"}:
        return []
    env = options.get("env") or os.environ
    if any(_AT_START.match(name) for name in env) or _locale(env) not in ({}, _locale(os.environ)):
        return []
    if list(command[:3]) == [sys.executable, "-m", "django"] and env.get("PYTHONPATH") == str(ROOT):
        return ["django", *command[3:]]
    if command[0] == "django-rclone" and "PYTHONPATH" not in env:
        program = Path(shutil.which(command[0], path=env["PATH"]) or "")
        return [str(program), *command[1:]] if program.parent == Path(sys.executable).parent else []
    return []


def _locale(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if _LOCALE.match(name)}


class Forked(subprocess.Popen[Any]):
    """A command that the fork server has started. Its parent is the server, so that this process cannot wait for it."""

    def _execute_child(self, args: Any, *rest: Any) -> None:
        _executable, _preexec, _close, _pass, cwd, env, _info, _flags, _shell, *pipes = rest
        stdin, _, _, stdout, _, stderr, *_ = pipes
        descriptors = [ours if given == -1 else given for ours, given in enumerate((stdin, stdout, stderr))]
        request = {"argv": args, "cwd": os.fspath(cwd or Path.cwd()), "env": dict(env or os.environ)}
        self._answer, theirs = socket.socketpair()
        server = _server(tuple(_locale(request["env"]).items()))
        self.pid = server.start(request, [*descriptors, theirs.fileno()], self._answer)
        theirs.close()
        self._child_created = True
        self._close_pipe_fds(*pipes[:6])  # type: ignore[attr-defined]

    def _internal_poll(self, *_args: Any, **_options: Any) -> int | None:
        self._try_wait(os.WNOHANG)
        return self.returncode

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if self.returncode is None:
            try:
                status = self._answer.recv(4, socket.MSG_WAITALL | (socket.MSG_DONTWAIT if wait_flags else 0))
            except BlockingIOError:
                return 0, 0
            self._answer.close()
            self.returncode = os.waitstatus_to_exitcode(struct.unpack("!i", status)[0])
        return self.pid, 0

    def _handle_exitstatus(self, *_args: Any, **_options: Any) -> None:
        """It is known already."""


class _Server:
    """The fork server of this process; it ends with it."""

    def __init__(self, locale: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.support.forkserver", str(theirs.fileno())]
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **locale}
        with theirs:
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=-3, pass_fds=[theirs.fileno()])

    def start(self, request: Mapping[str, Any], descriptors: list[int], answer: socket.socket) -> int:
        data = json.dumps(request).encode()
        socket.send_fds(self._socket, [LENGTH.pack(len(data))], descriptors)
        self._socket.sendall(data)
        (pid,) = struct.unpack("!i", answer.recv(4, socket.MSG_WAITALL))
        return int(pid)


@cache
def _server(locale: tuple[tuple[str, str], ...]) -> _Server:
    return _Server(dict(locale))
