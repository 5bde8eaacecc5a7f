"""Where a local remote lies: in a container's own file system backups would go when it goes."""

from __future__ import annotations

import os
from pathlib import Path

VANISHES = (
    "{folder} is inside this container, and is lost with it. Mount a volume there, or name another remote in "
    "BACKUP_REMOTE."
)

_SIGNS = ("/.dockerenv", "/run/.containerenv")


def vanishes(remote: str) -> bool:
    """Tells whether a remote is a folder of a container's own, on no volume."""
    if ":" in remote or not in_container():
        return False
    folder = Path(remote).absolute()
    return not any(os.path.ismount(part) for part in (folder, *folder.parents) if part != part.parent)


def in_container() -> bool:
    """Tells whether this is a container, as Docker, Podman and Kubernetes mark theirs."""
    return "KUBERNETES_SERVICE_HOST" in os.environ or any(Path(sign).exists() for sign in _SIGNS)
