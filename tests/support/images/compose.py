"""Tools of the tests of the Compose files besides servers: Compose itself, and a web container."""

import shutil
import subprocess

from tests.support.images.clients import programs_of
from tests.support.images.own import own


def compose() -> list[str]:
    """The words that start Docker Compose 2: the machine's own, or Debian's."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            done = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False)
            if done.returncode == 0 and done.stdout.removeprefix("v")[:1] >= "2":
                return command
    return [str(programs_of(own("compose", "2"), "compose-2", ("docker-compose",)) / "docker-compose")]


def web() -> str:
    """A reference of an image with Django and the databases' drivers."""
    return own("web", "1")
