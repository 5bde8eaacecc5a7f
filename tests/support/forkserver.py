"""A Python that has imported Django and our packages, and forks for each command: the start of one costs no imports.

A command that is forked is a process like any other: with its own environment, folder, standard descriptors, signals
and exit. Only its command line in /proc is that of this program, and its imports are those of all commands.

Usage: python -m tests.support.forkserver DESCRIPTOR, of a socket: the server ends when its other end is closed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from tests.support import measured  # noqa: F401 - what is imported takes effect

LENGTH = struct.Struct("!I")
# What a management command imports when its settings are known.
DJANGO = (
    *("django.core.management.commands.check", "django.core.management.commands.shell", "django.db.backends.signals"),
    *("django.db.backends.sqlite3.base", "django.utils.translation.trans_real", "django.utils.log", "logging.config"),
    *("django.core.checks.security.base", "django.template.backends.django", "django.core.cache.backends.locmem"),
)


def preload() -> None:
    """Imports Django and all of our modules that need no settings."""
    for name in ("django_rclone", "django_rclone_sidecar.commands"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if "programs" not in module.name.split("."):
                _import(module.name)
    for name in ("django_rclone_sidecar.cli", *DJANGO):
        _import(name)
    assert not settings.configured, "each command has its own"


def _import(name: str) -> None:
    with suppress(ImportError, ImproperlyConfigured):
        importlib.import_module(name)


def serve(client: socket.socket) -> Mapping[str, Any]:
    """Forks for each request, and tells how each child ended; returns in the child, with what it shall run."""
    running: dict[int, tuple[int, socket.socket]] = {}
    poll = select.poll()
    poll.register(client, select.POLLIN)
    while True:
        for descriptor, _event in poll.poll():
            if descriptor != client.fileno():
                poll.unregister(descriptor)
                os.close(descriptor)
                pid, answer = running.pop(descriptor)
                with suppress(OSError), answer:
                    answer.sendall(struct.pack("!i", os.waitpid(pid, 0)[1]))
                continue
            head, descriptors, _flags, _address = socket.recv_fds(client, LENGTH.size, 4)
            if not head:
                os._exit(0)
            request: Mapping[str, Any] = json.loads(_receive(client, LENGTH.unpack(head)[0]))
            answer = socket.socket(fileno=descriptors.pop())
            pid = os.fork()
            if pid == 0:
                for other, (_pid, its_answer) in running.items():
                    os.close(other)
                    its_answer.close()
                answer.close()
                client.close()
                for number, given in enumerate(descriptors):
                    os.dup2(given, number)
                    os.close(given)
                return request
            for given in descriptors:
                os.close(given)
            answer.sendall(struct.pack("!i", pid))
            watched = os.pidfd_open(pid)
            running[watched] = (pid, answer)
            poll.register(watched, select.POLLIN)


def _receive(client: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        data += client.recv(length - len(data))
    return data


def become(request: Mapping[str, Any]) -> None:
    """Runs the command as a Python that was started for it would."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    time.tzset()
    tempfile.tempdir = None
    path = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    first, *arguments = request["argv"]
    if first == "django":
        sys.path[:] = [request["cwd"], *path, *PATH]
        sys.argv[:] = [first, *arguments]
        runpy.run_module("django", run_name="__main__", alter_sys=True)
    else:
        from django_rclone_sidecar.cli import main  # noqa: PLC0415 - after the environment

        sys.path[:] = [str(Path(first).parent), *path, *PATH]
        sys.argv[:] = [first, *arguments]
        sys.exit(main())


if __name__ == "__main__":
    # Without what `-m` and PYTHONPATH have put there.
    PATH = [entry for entry in sys.path if entry not in {"", os.getcwd(), os.environ.get("PYTHONPATH")}]  # noqa: PTH109
    preload()
    gc.freeze()
    become(serve(socket.socket(fileno=int(sys.argv[1]))))
