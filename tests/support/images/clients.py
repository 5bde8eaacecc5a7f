"""Client programs of every server's version, taken from the server's own image.

They bring their libraries and their loader along, so they run here whatever C library this machine has.
"""

import functools
import hashlib
import shlex
import subprocess
import tarfile
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from tests.support.images import cache
from tests.support.images.engine import EngineError, image_id
from tests.support.images.resolve import image

PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "postgres": ("pg_dump", "pg_restore", "psql", "createdb", "dropdb"),
    "mysql": ("mysql", "mysqldump"),
    "mariadb": ("mariadb", "mariadb-dump"),
    "mongo": ("mongodump", "mongorestore"),
    "prometheus": ("promtool",),
    "alertmanager": ("amtool",),
    "helm": ("helm",),
}
"""The programs that are taken, by the name of the image in the catalogue."""
_TAKE = Path(__file__).with_name("take-clients.sh")


@functools.cache
def client_dir(name: str, version: str) -> Path:
    """A folder with the client programs of the image of this name and version in the catalogue."""
    return programs_of(image(name, version), f"{name}-{version}", PROGRAMS[name])


def programs_of(reference: str, name: str, programs: tuple[str, ...]) -> Path:
    """A folder with programs out of an image. It is made once for each content of the image."""
    with cache.lock(f"clients-{name}"):
        _have(reference)
        content = hashlib.sha256(
            image_id(reference).encode() + _TAKE.read_bytes() + Path(__file__).read_bytes()
        ).hexdigest()
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
    container = f"clients-{uuid.uuid4().hex}"
    # As root: not every image's own user may make a folder.
    options = [f"--name={container}", "--interactive", "--network=none", "--user=0", "--entrypoint=sh"]
    run = ["docker", "run", *options, reference]
    into.mkdir()
    try:
        with _TAKE.open() as script, tempfile.TemporaryFile() as tar:
            _run([*run, "-s", *programs], f"No {', '.join(programs)} could be taken out of {reference}", stdin=script)
            # The engine makes the archive: not every image has a tar.
            _run(["docker", "cp", f"{container}:/clients/.", "-"], f"Nothing came out of {reference}", stdout=tar)
            tar.seek(0)
            with tarfile.open(fileobj=tar) as archive:
                archive.extractall(into, filter="tar")
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", container], capture_output=True, check=False)


def _run(command: list[str], failure: str, stdin: IO[Any] | None = None, stdout: IO[Any] | None = None) -> None:
    done = subprocess.run(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise EngineError(f"{failure}:\n{done.stderr.decode()}")


def _wrap(programs: tuple[str, ...], made: Path, home: Path) -> None:
    """Writes the scripts that start each program with the loader and the libraries that came with it, if any did."""
    loader = made / "loader"
    (made / "bin").mkdir()
    for program in programs:
        command = [str(home / "programs" / program)]
        if loader.exists():
            name = loader.read_text().strip()
            # Before C library 2.33 a loader cannot name the program otherwise than by its file.
            known = subprocess.run([str(made / "lib" / name), "--help"], capture_output=True, check=False).stdout
            argv0 = ["--argv0", str(home / "bin" / program)] if b"--argv0" in known else []
            command = [str(home / "lib" / name), *argv0, "--library-path", str(home / "lib"), *command]
        wrapper = made / "bin" / program
        wrapper.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        wrapper.chmod(0o755)
