"""What is another one on each machine, or at each start: names of host and user, the command line, chance.

It is noted where it is asked for. The settings are loaded again on "another machine": where a setting then differs by
more than the name itself, the machine decides what it is.
"""

from __future__ import annotations

import functools
import getpass
import os
import platform
import random
import secrets
import socket
import sys
import tempfile
import types
import uuid
from collections.abc import Callable
from types import FrameType
from typing import Any

import django

from django_rclone_sidecar.target_project.settings_loader.trace import RECORD

_PROGRAMS = {
    False: ("/usr/local/bin/gunicorn", "wsgi:application"),
    True: ("/usr/local/bin/uvicorn", "asgi:application"),
}
_HOST, _USER, _AWAY = "qxotherhost", "qxotheruser", "/proc/self/root"  # the last leads to the same files
_VARIABLE, _NAMES = "qxothervariable", {"HOSTNAME", "USER", "LOGNAME", "USERNAME"}
_OURS = os.path.dirname(__file__) + "/"  # noqa: PTH120 - a text
_STANDARD, _DJANGO = os.path.dirname(os.__file__) + "/", os.path.dirname(django.__file__) + "/"  # noqa: PTH120
_CHANCE = {
    random: ("random", "randint", "randrange", "uniform", "shuffle", "sample", "choices", "getrandbits"),
    secrets: ("token_hex", "token_urlsafe", "token_bytes", "randbelow"),
    uuid: ("uuid1", "uuid4"),
    tempfile: ("mkdtemp", "mkstemp", "mktemp", "NamedTemporaryFile", "TemporaryDirectory"),
}


def install(*, other: bool) -> dict[str, str]:
    """Notes from now on what is asked, and answers as under a web server. Returns, for ``other``, what its names
    stand for."""
    names = {_HOST: socket.gethostname(), _USER: _user(), _AWAY: ""} if other else {}
    host, user = (_HOST, _USER) if other else ("", "")
    _run_by(_PROGRAMS[other], other=other)
    _answer(socket, "gethostname", "the host's name", host)
    _answer(socket, "getfqdn", "the host's name", host)
    _answer(platform, "node", "the host's name", host)
    _answer(platform, "uname", "the host's name", platform.uname()._replace(node=host) if other else None)
    _answer(os, "uname", "the host's name", os.uname_result((os.uname()[0], host, *os.uname()[2:])) if other else None)
    _answer(getpass, "getuser", "the user's name", user)
    _answer(os, "getlogin", "the user's name", user)
    _answer(os, "getcwd", "the working folder", None)
    if other:
        os.environ["HOME"] = _AWAY + os.path.expanduser("~")  # noqa: PTH111 - what the target will ask
        for variable in _NAMES & os.environ.keys():
            names[f"{_VARIABLE}{variable.lower()}"] = os.environ[variable]
            os.environ[variable] = f"{_VARIABLE}{variable.lower()}"
    for module, functions in _CHANCE.items():
        for name in functions:
            _answer(module, name, "chance", None)
    for module in (random, secrets):
        choice = _first_or_last(-1 if other else 0)
        setattr(module, "choice", choice)  # noqa: B010 - of a module
        _answer(module, "choice", "chance", None)
    return names


def _run_by(program: tuple[str, str], *, other: bool) -> None:
    sys.argv = list(program)
    sys.orig_argv = [sys.executable, *program]
    main = types.ModuleType("__main__")
    main.__file__ = program[0]
    RECORD.kept.append(sys.modules["__main__"])
    sys.modules["__main__"] = main
    if other:
        os.environ.pop("SERVER_SOFTWARE", None)
    else:
        os.environ.setdefault("SERVER_SOFTWARE", "gunicorn")  # as gunicorn itself sets it


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _first_or_last(index: int) -> Callable[[Any], Any]:
    return lambda found: list(found)[index]


def _is_asked_by_target() -> bool:
    """Tells whether the target asks, by itself or through Python's own library; what others ask is their affair."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(("<frozen", _STANDARD, _OURS)) or (file.startswith(_STANDARD) and "-packages/" in file):
            return RECORD.below(file) or file.startswith(_DJANGO)
        frame = frame.f_back
    return False


def _answer(module: Any, name: str, what: str, other: Any) -> None:
    real = getattr(module, name)

    @functools.wraps(real)
    def answer(*args: Any, **kwargs: Any) -> Any:
        if _is_asked_by_target():
            RECORD.note_machine(what)
        return other or real(*args, **kwargs)

    setattr(module, name, answer)
