"""What the tests of the Compose files need beside servers: Compose itself, and a web container."""

import shutil
import subprocess

from tests.images import cache, standin
from tests.images.catalogue import Image
from tests.images.clients import programs_of
from tests.images.resolve import image


def compose() -> list[str]:
    """The words that start Docker Compose 2: the machine's own, or Debian's."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            done = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False)
            if done.returncode == 0 and done.stdout.removeprefix("v")[:1] >= "2":
                return command
    return [str(programs_of(_made("compose", "2"), "compose-2", ("docker-compose",)) / "docker-compose")]


def web() -> str:
    """A reference of an image with Django and the databases' drivers."""
    return _made("web", "1")


def _made(name: str, version: str) -> str:
    """Builds an image that only the tests know, of the folder with its name."""
    entry = Image("", base="debian:trixie", dockerfile=name)
    with cache.lock(f"image-{name}-{version}"):
        base = image("debian", "trixie")
        reference = standin.reference(name, version, entry, base)
        standin.build(reference, entry, base)
    return reference
