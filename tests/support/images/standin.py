"""Builds a stand-in once; a change of anything that goes into it gives it another tag, and so a new build."""

import hashlib
import os
from pathlib import Path

from tests.support.images.catalogue import Image
from tests.support.images.engine import docker, present

HERE = Path(__file__).parent


def reference(name: str, version: str, image: Image, base: str) -> str:
    """The stand-in's name, which ends in a hash of its Dockerfile's folder, its arguments and its base."""
    digest = hashlib.sha256(repr((base, sorted(image.arguments.items()))).encode())
    folder = HERE / image.dockerfile
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder)} {file.stat().st_mode & 0o111}\n".encode())
        digest.update(file.read_bytes())
    return f"django-rclone-test/{name}:{version}-{digest.hexdigest()[:12]}"


def build(tag: str, image: Image, base: str) -> None:
    """Builds the stand-in under this tag, unless it is there."""
    if present(tag):
        return
    passed = {name: os.environ[name] for name in image.passed if name in os.environ}
    values = {"BASE": base, **image.arguments, **passed}
    arguments = [f"--build-arg={key}={value}" for key, value in values.items()]
    # The host's network: a build must reach the package mirror by the same way as the machine does.
    docker("build", "--force-rm", "--network=host", f"--tag={tag}", *arguments, str(HERE / image.dockerfile))
