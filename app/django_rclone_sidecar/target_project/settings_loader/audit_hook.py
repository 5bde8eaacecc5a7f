"""Refuses what reading settings has no need of: writing, changing files, starting programs.

Hygiene, not a sandbox: the settings are the user's own code. The network stays open, because some ask a vault.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

from django_rclone_sidecar.target_project.settings_loader import failure_reasons
from django_rclone_sidecar.target_project.settings_loader.analysis import try_blocks
from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Origin

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
    """Refuses from now on, for as long as the process lives."""
    os.mkdir = _mkdir
    sys.addaudithook(_refuse)


def _mkdir(path: Any, *args: Any, **kwargs: Any) -> None:
    """Makes no folder, and fails only where the real one would: whoever does not handle a failure had none."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path))
    places = RECORD.places()
    if not places or any(try_blocks.in_try(place.file, place.line) for place in places):
        _real_mkdir(path, *args, **kwargs)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event == "open":
        path, _mode, flags = args
        if not isinstance(flags, int) or not flags & _WRITES or isinstance(path, int) or path == os.devnull:
            return
        what = f"to write {failure_reasons.quoted(path)}"
    elif event in _PROGRAMS:
        # What an interpreter looks at is the program, never its arguments: they may hold secrets.
        what = (
            f"to start {failure_reasons.quoted(args[0])}" if event == "subprocess.Popen" and args else f"to use {event}"
        )
    elif event in _CHANGES:
        what = f"to use {event}"
    else:
        return
    places = RECORD.places()
    if places:  # what libraries do at their own import is theirs
        RECORD.note("blocked", Origin(what, "", places[0]))
    raise failure_reasons.Refused(what)
