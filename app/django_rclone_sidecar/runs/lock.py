"""One run at a time: a lock on the state folder, which the kernel lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django_rclone.exceptions import ConfigurationError, Locked


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds the lock. Raises Locked when another run does.

    The folder itself is locked, so that it works where nothing can be written, and leaves nothing behind.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ConfigurationError(
            f"The state folder {folder} cannot be used: {error.strerror}. Set BACKUP_STATE_DIR to one that can."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked(f"Another run holds the lock on {folder}. Try again when it has ended.") from error
        yield
    finally:
        os.close(descriptor)
