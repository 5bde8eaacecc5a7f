"""rclone's configuration where rclone cannot save it: a private copy in memory, made for each run.

rclone saves host keys (sftp) and tokens (OAuth) in its configuration, by writing a new file next to it and renaming it.
If it cannot, every command retries for seconds. The copy is made for each run, so that changes of a mounted Kubernetes
Secret are seen, and runs started with `docker exec` have one too.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping, MutableMapping
from functools import cache
from pathlib import Path

from django_rclone_sidecar.memory_folder import SHARED_MEMORY

_PREFIX = "django-rclone-config-"
_NAME = "rclone.conf"
_COPIED = "as-copied"

_GIVEN = "DJANGO_RCLONE_CONFIG_GIVEN"
"""The original RCLONE_CONFIG: a run started by another of our runs copies from there, not from our copy."""


def provide(environ: MutableMapping[str, str]) -> None:
    """Sets RCLONE_CONFIG to a file that rclone can save, or to none. Does nothing if rclone can save the given one.

    When called again, copies the file again if it has changed.
    """
    given = _original(environ)
    config = _config(environ, given)
    if config is None:
        used = given if given or _can_create(environ) else os.devnull
    elif _can_save(config):
        used = given
    else:
        used = _private_copy(config) or given
    if used == environ.get("RCLONE_CONFIG", ""):
        return
    if used != given:
        environ.update({_GIVEN: given, "RCLONE_CONFIG": used})
        return
    environ.pop(_GIVEN, None)
    environ.pop("RCLONE_CONFIG", None)
    if given:
        environ["RCLONE_CONFIG"] = given


def applied(texts: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Returns ``texts`` with the variables that ``provide`` has changed in ``environ`` since they were read."""
    changed = {name: environ[name] for name in (_GIVEN, "RCLONE_CONFIG") if name in environ}
    return {name: text for name, text in texts.items() if name not in (_GIVEN, "RCLONE_CONFIG")} | changed


def _original(environ: MutableMapping[str, str]) -> str:
    """Returns RCLONE_CONFIG as it was before one of our runs changed it."""
    now = environ.get("RCLONE_CONFIG", "")
    folder = Path(now).parent
    ours = now == os.devnull or (folder.parent == SHARED_MEMORY and folder.name.startswith(_PREFIX))
    return environ.get(_GIVEN, now) if ours else now


def _config(environ: MutableMapping[str, str], given: str) -> Path | None:
    """Returns the file that rclone would read, or None if there is none.

    Source: rclone's own search, https://rclone.org/docs/#config-string.
    """
    home = Path(environ.get("HOME") or "/")
    folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    usual = (folder / "rclone" / _NAME, home / ".config" / "rclone" / _NAME, home / ".rclone.conf")
    candidates = (Path(given),) if given else usual
    return next((path for path in candidates if _exists(path)), None)


def _can_create(environ: MutableMapping[str, str]) -> bool:
    """Returns whether rclone can create its configuration in the usual place."""
    folder = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME") or "/") / ".config") / "rclone"
    existing = next(path for path in (folder, *folder.parents) if _exists(path))
    return os.access(existing, os.W_OK)


def _exists(path: Path) -> bool:
    """Returns whether a path exists; one without read permission counts as missing."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises there


def _can_save(config: Path) -> bool:
    """Returns whether rclone can save the configuration, or no copy can be made because it is not a readable file."""
    return os.access(config.parent, os.W_OK) or not (config.is_file() and os.access(config, os.R_OK))


def _private_copy(config: Path) -> str:
    """Returns the path of the copy, empty without /dev/shm. Copied again only if the original has changed, because
    rclone may have saved something in the copy."""
    folder = _folder(os.getpid())
    if folder is None:
        return ""
    content, original, copy = config.read_bytes(), folder / _COPIED, folder / _NAME
    if not original.exists() or original.read_bytes() != content:
        for path in (original, copy):
            temporary = path.with_name(path.name + ".new")
            temporary.touch(mode=0o600)
            temporary.write_bytes(content)
            temporary.replace(path)
    return str(copy)


@cache
def _folder(process: int) -> Path | None:
    """Returns a folder in memory for this process. It is removed at exit, or by a later run.

    While its owner is alive, it is locked. Process ids cannot be used for this: the containers of a pod share the
    memory, but not the ids.
    """
    _sweep()
    while True:
        try:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=SHARED_MEMORY))
        except OSError:
            return None
        lock = _open(folder)
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():  # not removed by another run before it was locked
                atexit.register(_remove, folder, process)
                return folder
            os.close(lock)


def _remove(folder: Path, maker: int) -> None:
    """Removes the folder at the exit of the process that made it, not of its forks."""
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Removes the folders of killed processes."""
    for folder in SHARED_MEMORY.glob(f"{_PREFIX}*"):
        lock = _open(folder)
        if lock is None:
            continue
        try:
            if os.fstat(lock).st_uid == os.geteuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue  # its owner is alive
        finally:
            os.close(lock)


def _open(folder: Path) -> int | None:
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
