"""Traces facts that differ between machines or starts: host and user names, the command line, random values.

The settings are loaded again on a simulated other machine. A setting that then differs by more than the name itself
depends on the machine.
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

from django_rclone_sidecar.target_project.settings_loader.trace import TRACE

_PROGRAMS = {
    False: ("/usr/local/bin/gunicorn", "wsgi:application"),
    True: ("/usr/local/bin/uvicorn", "asgi:application"),
}
_HOST, _USER = "qxotherhost", "qxotheruser"
_ROOT = "/proc/self/root"  # another path to the same files
_VARIABLE, _NAMES = "qxothervariable", {"HOSTNAME", "USER", "LOGNAME", "USERNAME"}
_LOADER = os.path.dirname(os.path.dirname(__file__)) + "/"  # noqa: PTH120 - a string
_STANDARD, _DJANGO = os.path.dirname(os.__file__) + "/", os.path.dirname(django.__file__) + "/"  # noqa: PTH120
_RANDOM = {
    random: ("random", "randint", "randrange", "uniform", "shuffle", "sample", "choices", "getrandbits"),
    secrets: ("token_hex", "token_urlsafe", "token_bytes", "randbelow"),
    uuid: ("uuid1", "uuid4"),
    tempfile: ("mkdtemp", "mkstemp", "mktemp", "NamedTemporaryFile", "TemporaryDirectory"),
}


def install(*, other: bool) -> dict[str, str]:
    """Traces these calls, and makes the process look like a web server.

    With ``other``, the names of another machine are simulated: returns the real value of each.
    """
    names = {_HOST: socket.gethostname(), _USER: _user(), _ROOT: ""} if other else {}
    host, user = (_HOST, _USER) if other else ("", "")
    _impersonate_server(_PROGRAMS[other], other=other)
    _trace_calls(socket, "gethostname", "the host's name", host)
    _trace_calls(socket, "getfqdn", "the host's name", host)
    _trace_calls(platform, "node", "the host's name", host)
    _trace_calls(platform, "uname", "the host's name", platform.uname()._replace(node=host) if other else None)
    _trace_calls(
        os, "uname", "the host's name", os.uname_result((os.uname()[0], host, *os.uname()[2:])) if other else None
    )
    _trace_calls(getpass, "getuser", "the user's name", user)
    _trace_calls(os, "getlogin", "the user's name", user)
    _trace_calls(os, "getcwd", "the working folder", None)
    if other:
        os.environ["HOME"] = _ROOT + os.path.expanduser("~")  # noqa: PTH111 - the target calls it too
        for variable in _NAMES & os.environ.keys():
            names[f"{_VARIABLE}{variable.lower()}"] = os.environ[variable]
            os.environ[variable] = f"{_VARIABLE}{variable.lower()}"
    for module, functions in _RANDOM.items():
        for name in functions:
            _trace_calls(module, name, "a random value", None)
    for module in (random, secrets):
        choice = _first_or_last(-1 if other else 0)
        setattr(module, "choice", choice)  # noqa: B010 - of a module
        _trace_calls(module, "choice", "a random value", None)
    return names


def _impersonate_server(program: tuple[str, str], *, other: bool) -> None:
    sys.argv = list(program)
    sys.orig_argv = [sys.executable, *program]
    main = types.ModuleType("__main__")
    main.__file__ = program[0]
    TRACE.kept_alive.append(sys.modules["__main__"])
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


def _is_called_by_target() -> bool:
    """Returns whether the target's code makes the call, itself or through the standard library or Django."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(("<frozen", _STANDARD, _LOADER)) or (
            file.startswith(_STANDARD) and "-packages/" in file
        ):
            return TRACE.is_target_file(file) or file.startswith(_DJANGO)
        frame = frame.f_back
    return False


def _trace_calls(module: Any, name: str, what: str, other: Any) -> None:
    real = getattr(module, name)

    @functools.wraps(real)
    def traced(*args: Any, **kwargs: Any) -> Any:
        if _is_called_by_target():
            TRACE.record_machine_read(what)
        return other or real(*args, **kwargs)

    setattr(module, name, traced)
