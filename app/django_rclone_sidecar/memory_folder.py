"""The folder of small files in memory, which a slow, full or read-only disk does not affect."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - users of it choose a private folder or a random name
"""Linux's file system in memory. Every user may write to it."""


def memory_folder() -> Path:
    """Returns the folder in memory if this process may write to it, else the folder for temporary files."""
    return SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
