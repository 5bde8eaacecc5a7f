"""The run lock: a file lock on the state folder, released by the kernel when the process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django_rclone.exceptions import ConfigurationError, Locked


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds the lock. Raises Locked if another run holds it.

    The folder itself is locked: this works on a read-only file system and leaves no file behind.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ConfigurationError(
            f"The state folder {folder} cannot be used: {error.strerror}. Set BACKUP_STATE_DIR to another folder."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked(f"Another run holds the lock on {folder}. Try again when it has ended.") from error
        yield
    finally:
        os.close(descriptor)
