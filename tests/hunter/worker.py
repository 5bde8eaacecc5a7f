"""Runs management commands in forks of a process that has Django imported already; requests are lines of JSON.

A program of its own, so that it has one thread, and no descriptors and no coverage of the tests'.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.core.management import execute_from_command_line, get_commands

from django_rclone.process import child
from django_rclone.rclone.abilities import Abilities, parse_features
from django_rclone.rclone.connection_strings import without_path
from django_rclone.rclone.remote import Remote
from django_rclone.rclone.remote_control import RemoteControl
from tests.hunter import mutations
from tests.support import measured  # noqa: F401 - what is imported takes effect

DEADLINE = 60
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def main() -> None:
    """Answers requests until there are no more."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    import_module("django.db.backends.sqlite3.base")  # once, and not in each fork
    settings.configure(SECRET_KEY="only for tests", INSTALLED_APPS=["django_rclone"], USE_TZ=True, TIME_ZONE="UTC")
    django.setup()
    for name in get_commands():
        with suppress(ImportError):
            import_module(f"django_rclone.management.commands.{name}")
    with suppress(ImportError):  # whether this is a container says each request
        import_module("django_rclone.db.source_identity")._CONTAINER_FILES = ()  # type: ignore[attr-defined]
    _known_abilities()
    mutations.apply(os.environ.get("HUNT_MUTATION", ""))
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    _learn(request)
    begun = time.time()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            _run(request)
        code, late = _wait(pid), _reap()
        return {
            "code": code,
            "out": _text(out),
            "err": _text(err),
            "begun": begun,
            "ended": time.time(),
            "late": late,
        }


def _known_abilities() -> None:
    """Asks only once what a backend can do, which each command asks, where nothing is set that could change it.

    This process must know it before the fork, so that the same steps always start the same programs.
    """
    asked = Remote.abilities

    def abilities(self: Remote) -> Abilities:
        if self.flags or any(name.startswith("RCLONE_") and "_CONFIG" not in name for name in os.environ):
            return asked(self)
        backend = without_path(self.plain.root)
        return _ABILITIES["/" if backend.startswith("/") else backend]

    Remote.abilities = abilities  # type: ignore[method-assign]


_ABILITIES: dict[str, Abilities] = {}


def _learn(request: dict[str, Any]) -> None:
    """Asks what the backend of a request can do, unless that is known."""
    backend = without_path(request["settings"]["DJANGO_RCLONE"]["REMOTE"])
    backend = "/" if backend.startswith("/") else backend
    if backend not in _ABILITIES:
        env = {name: value for name, value in {**os.environ, **request["env"]}.items() if name != "LD_PRELOAD"}
        answer = subprocess.run(["rclone", "backend", "features", backend], env=env, capture_output=True, check=True)
        _ABILITIES[backend] = parse_features(json.loads(answer.stdout))


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode(errors="replace"))


def _wait(pid: int) -> int:
    """Returns the exit code of the command, negative for a signal; SIGALRM if it did not end in time."""
    with _alarm(DEADLINE, lambda: os.kill(pid, signal.SIGKILL)) as rang:
        _pid, status = os.waitpid(pid, 0)
    return -signal.SIGALRM if rang else os.waitstatus_to_exitcode(status)


def _reap() -> bool:
    """Waits for the programs that the command has left behind; returns whether they had to be killed."""
    with _alarm(10, _kill_children) as rang, suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    return bool(rang)


@contextmanager
def _alarm(seconds: int, act: Callable[[], object]) -> Iterator[list[None]]:
    """Acts when the time is over; the list that it gives has something in it then."""
    rang: list[None] = []

    def ring(*_arguments: object) -> None:
        rang.append(None)
        act()

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    yield rang
    signal.alarm(0)


def _kill_children() -> None:
    for pid in _children():
        os.kill(pid, signal.SIGKILL)


def _children() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:  # noqa: PTH123
        return [int(pid) for pid in file.read().split()]


def _run(request: dict[str, Any]) -> None:
    """Becomes the command."""
    code = 1
    try:
        sys.stdin = open(os.devnull, encoding="ascii")  # noqa: PTH123, SIM115
        os.environ.pop("KUBERNETES_SERVICE_HOST", None)
        os.environ.update(request["env"])
        os.chdir(request["folder"])
        platform.node = lambda: request["host"]
        if request["kill"] is not None:
            _die_at(**request["kill"])
        for name, value in request["settings"].items():
            setattr(settings, name, value)
        execute_from_command_line(["manage.py", *request["arguments"]])
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _die_at(program: int, *, started: bool) -> None:
    """Kills this process as the kernel does, before or after it starts so many programs.

    Each query that the rclone in the background answers counts as a program too.
    """
    count = 0

    def or_die[**P, T](step: Callable[P, T]) -> Callable[P, T]:
        def step_or_die(*arguments: P.args, **options: P.kwargs) -> T:
            nonlocal count
            count += 1
            number = count
            if number == program and not started:
                os.kill(os.getpid(), signal.SIGKILL)
            result = step(*arguments, **options)
            if number == program:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return step_or_die

    child.Process.__init__ = or_die(child.Process.__init__)  # type: ignore[method-assign]
    RemoteControl.ask = or_die(RemoteControl.ask)  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
