"""The lock of MEDIA_ROOT: on one machine, one backup or restore of the same folder at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django_rclone.exceptions import Locked


@contextmanager
def held(media_root: Path) -> Iterator[None]:
    """Holds the lock of MEDIA_ROOT. Raises Locked if another run holds it.

    The folder itself is locked: this leaves no file behind, and the kernel releases the lock when the process dies.
    Nothing is locked if the folder does not exist or its file system has no locks.
    """
    try:
        descriptor = os.open(media_root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked(f"Another run is saving or restoring {media_root}. Try again when it has ended.") from error
        except OSError:
            pass  # NFS cannot lock a folder that is open for reading
        yield
    finally:
        os.close(descriptor)
