"""Detects a local remote inside the container's own file system, which is lost with the container."""

from __future__ import annotations

import os
from pathlib import Path

EPHEMERAL = (
    "{folder} is inside this container, and is lost with it. Mount a volume there, or set BACKUP_REMOTE to another "
    "remote."
)

_SIGNS = ("/.dockerenv", "/run/.containerenv")


def is_ephemeral(remote: str) -> bool:
    """Returns whether a remote is a folder in a container that is not on a volume."""
    if ":" in remote or not in_container():
        return False
    folder = Path(remote).absolute()
    return not any(os.path.ismount(part) for part in (folder, *folder.parents) if part != part.parent)


def in_container() -> bool:
    """Returns whether this process runs in a container of Docker, Podman or Kubernetes."""
    return "KUBERNETES_SERVICE_HOST" in os.environ or any(Path(sign).exists() for sign in _SIGNS)
