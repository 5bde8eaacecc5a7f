"""Audit hook that refuses to write or change files and to start programs while settings are loaded.

Not a sandbox: the settings are the user's own code. The network stays open, because some settings read from a vault.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

from django_rclone_sidecar.target_project.settings_loader import failure_reasons
from django_rclone_sidecar.target_project.settings_loader.analysis import try_blocks
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Taint

_real_mkdir = os.mkdir
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PROGRAMS = frozenset(
    (
        *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty"),
        *("os.kill", "os.killpg", "pty.spawn"),
    )
)
_CHANGES = frozenset(
    (
        *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"),
        *("os.chown", "os.chflags", "os.utime", "os.setxattr", "os.removexattr", "os.mkfifo", "os.mknod"),
        *("sqlite3.connect", "shutil.rmtree", "shutil.move"),
    )
)


def install() -> None:
    """Installs the hook for the rest of the process."""
    os.mkdir = _mkdir
    sys.addaudithook(_refuse)


def _mkdir(path: Any, *args: Any, **kwargs: Any) -> None:
    """Replaces ``os.mkdir``: fails if the folder exists or the call is in a ``try``; otherwise does nothing."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path))
    stack = TRACE.stack()
    if not stack or any(try_blocks.in_try(location.file, location.line) for location in stack):
        _real_mkdir(path, *args, **kwargs)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event == "open":
        path, _mode, flags = args
        if not isinstance(flags, int) or not flags & _WRITES or isinstance(path, int) or path == os.devnull:
            return
        what = f"to write {failure_reasons.quoted(path)}"
    elif event in _PROGRAMS:
        # The program only: its arguments may have secrets.
        what = (
            f"to start {failure_reasons.quoted(args[0])}" if event == "subprocess.Popen" and args else f"to use {event}"
        )
    elif event in _CHANGES:
        what = f"to use {event}"
    else:
        return
    stack = TRACE.stack()
    if stack:  # not during a library's own import
        TRACE.record("blocked", Taint(what, "", stack[0]))
    raise failure_reasons.Refused(what)
