"""The image as people run it: with a read-only root, no capabilities, and a user that need not exist."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.commands import Done, run
from tests.support.servers import containers

HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The image, with what it is told by variables and mounts."""

    image: str
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    volumes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Further options of `docker run`."""

    def run(self, *arguments: str, **env: str) -> Done:
        """Runs a verb to its end."""
        variables = {**self.env, **env}
        command = [
            *("docker", "run", "--rm", "--network=host", f"--label={containers.mark()}", *HARDENED),
            *(f"--env={name}" for name in variables),
            *(f"--volume={volume}" for volume in self.volumes),
            *self.options,
            *(self.image, *arguments),
        ]
        return run(command, env={**os.environ, **variables}, timeout=270)

    def ok(self, *arguments: str, **env: str) -> Done:
        """Runs a verb, which must succeed."""
        done = self.run(*arguments, **env)
        assert done.code == 0, done.err
        return done

    def listed(self) -> list[dict[str, Any]]:
        """Returns the output of `list --json`."""
        listed: list[dict[str, Any]] = json.loads(self.ok("list", "--json").out)
        return listed


_SCHEMES = {
    "postgresql": "postgres",
    "postgis": "postgis",
    "mysql": "mysql",
    "django_mongodb_backend": "mongodb",
    "sqlite3": "sqlite",
}


def url(database: Mapping[str, Any]) -> str:
    """An entry of Django's DATABASES as a DATABASE_URL."""
    scheme = _SCHEMES[database["ENGINE"].rpartition(".")[2]]
    if scheme == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user, password, name = (quote(str(database[key]), safe="") for key in ("USER", "PASSWORD", "NAME"))
    # MongoDB's users need not belong to the database itself, and those of the tests do not.
    options = "?authSource=admin" if scheme == "mongodb" else ""
    return f"{scheme}://{user}:{password}@{database['HOST']}:{database['PORT']}/{name}{options}"


def open_to_all(folder: Path) -> Path:
    """Makes a folder, and what is in it, one that the image's user may write to."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    for path in folder.rglob("*"):
        path.chmod(0o777 if path.is_dir() else 0o666)
    return folder
