"""The image that we make, built once for each content: ``python -m tests.support.images.sidecar NAME`` names it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.images import cache, size
from tests.support.images.catalogue import GO
from tests.support.images.engine import EngineError, docker, image_id, present
from tests.support.images.resolve import image

ROOT = Path(__file__).parents[3]

# Where this machine reaches packages by another way, builds do too. Docker itself hands proxies on.
_PASSED = ("PIP_INDEX_URL", "PIP_TRUSTED_HOST", *GO)


def sidecar() -> str:
    """A reference of the image, built from this check-out; TEST_IMAGE_SIDECAR names another one."""
    if own := os.environ.get("TEST_IMAGE_SIDECAR"):
        return own
    with cache.lock("image-sidecar"):
        bases = {"DEBIAN": image("debian", "trixie"), "NEWER_DEBIAN": image("debian", "sid")}
        tag = f"django-rclone-test/sidecar:{_digest([image_id(base) for base in bases.values()])}"
        if not present(tag):
            _build(tag, bases)
    return tag


def _digest(bases: list[str]) -> str:
    digest = hashlib.sha256(repr(bases).encode())
    for file in sorted(_context()):
        digest.update(f"{file.relative_to(ROOT)} {file.stat().st_mode & 0o111}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _context() -> Iterator[Path]:
    """Files that the builder sees: .dockerignore names them, and no others."""
    yield ROOT / "Dockerfile"
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            path = ROOT / line.removeprefix("!")
            inside = path.rglob("*") if path.is_dir() else [path]
            yield from (file for file in inside if file.is_file() and "__pycache__" not in file.parts)


def _build(tag: str, bases: dict[str, str]) -> None:
    print(f"Building the image, as {tag}: some minutes the first time", file=sys.stderr, flush=True)
    arguments = [f"--build-arg={key}={value}" for key, value in bases.items()]
    arguments += [f"--build-arg={name}" for name in _PASSED if os.environ.get(name)]
    # The host's network: a build must reach the package mirrors by the same way as the machine does.
    docker("build", "--force-rm", "--network=host", f"--tag={tag}", *arguments, str(ROOT))


def _named(name: str) -> None:
    """Gives the image a name, and a label with the commit where there is one."""
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    # A build of one line on top: the label alone must not make the tests build everything anew.
    labels = [f"--label=org.opencontainers.image.revision={commit}"] if commit else []
    subprocess.run(
        ["docker", "build", "--quiet", *labels, f"--tag={name}", "-"],
        input=f"FROM {sidecar()}\n".encode(),
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def main(names: list[str]) -> int:
    """Builds the image, names it, and prints its size. Returns the exit code."""
    if len(names) != 1:
        print("Say the image's name: python -m tests.support.images.sidecar NAME", file=sys.stderr)
        return 2
    try:
        _named(names[0])
        print(size.report(names[0]))
    except (EngineError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
