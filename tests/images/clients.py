"""Client programs of every server's major version, taken from the server's own image.

They bring their libraries and their loader along, so they run here whatever C library this machine has.
"""

import functools
import hashlib
import shlex
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tests.images import cache
from tests.images.engine import EngineError, image_id
from tests.images.resolve import image

POSTGRES = ("pg_dump", "pg_restore", "psql", "createdb", "dropdb")
_TAKE = Path(__file__).with_name("take-clients.sh")


@functools.cache
def client_dir(major: int) -> Path:
    """A folder with pg_dump, pg_restore, psql, createdb and dropdb of this major version of PostgreSQL."""
    return programs_of(image("postgres", str(major)), f"postgres-{major}", POSTGRES)


def programs_of(reference: str, name: str, programs: tuple[str, ...]) -> Path:
    """A folder with programs out of an image. It is made once for each content of the image."""
    with cache.lock(f"clients-{name}"):
        _have(reference)
        content = hashlib.sha256(image_id(reference).encode() + _TAKE.read_bytes()).hexdigest()
        home = cache.folder("clients") / f"{name}-{content[:12]}"
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=home.parent, prefix=".half-made-") as half_made:
                made = Path(half_made) / home.name
                _take(reference, programs, made)
                _wrap(programs, made, home)
                made.rename(home)
    return home / "bin"


def _have(reference: str) -> None:
    # An image that an environment variable names may not have been pulled yet.
    if subprocess.run(["docker", "image", "inspect", reference], capture_output=True, check=False).returncode:
        subprocess.run(["docker", "pull", "--quiet", reference], capture_output=True, check=False)


def _take(reference: str, programs: tuple[str, ...], into: Path) -> None:
    run = ["docker", "run", "--rm", "--interactive", "--network=none", "--entrypoint=sh", reference, "-s", *programs]
    into.mkdir()
    with _TAKE.open() as script, tempfile.TemporaryFile() as tar:
        done = subprocess.run(run, stdin=script, stdout=tar, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            raise EngineError(f"No {', '.join(programs)} could be taken out of {reference}:\n{done.stderr.decode()}")
        tar.seek(0)
        with tarfile.open(fileobj=tar) as archive:
            archive.extractall(into, filter="tar")


def _wrap(programs: tuple[str, ...], made: Path, home: Path) -> None:
    """Writes the scripts that start each program with the loader and the libraries that came with it."""
    loader = home / "lib" / (made / "loader").read_text().strip()
    (made / "bin").mkdir()
    for program in programs:
        command = [str(loader), "--argv0", str(home / "bin" / program), "--library-path", str(home / "lib")]
        wrapper = made / "bin" / program
        wrapper.write_text(f'#!/bin/sh\nexec {shlex.join([*command, str(home / "programs" / program)])} "$@"\n')
        wrapper.chmod(0o755)
