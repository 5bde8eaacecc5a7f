"""The folder that keeps what is costly to make, between runs and between check-outs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def folder(*parts: str) -> Path:
    """A folder inside the cache, made when it is not there."""
    if own := os.environ.get("DJANGO_RCLONE_CACHE"):
        root = Path(own)
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "django-rclone"
    path = root.joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Lets one process at a time make the thing of this name; the others wait and find it made."""
    with (folder("locks") / name.replace("/", "_")).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
