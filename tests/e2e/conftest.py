"""The image, and what it works with: databases, remotes, and a volume."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.conftest import make_subject
from tests.contract.subjects import Subject
from tests.e2e.container import Sidecar, open_to_all, url
from tests.support.images.sidecar import sidecar
from tests.support.servers import StorageServer, containers
from tests.support.servers.s3gateway import Gateway, start_gateway


@pytest.fixture(scope="session")
def image() -> str:
    """The image, built from this check-out unless it is there."""
    return sidecar()


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """The session's S3 server."""
    with start_gateway() as server:
        yield server


@pytest.fixture
def volume() -> Iterator[str]:
    """A new volume of the engine's, which nobody has written to."""
    name = f"django-rclone-test-{uuid.uuid4().hex[:12]}"
    subprocess.run(["docker", "volume", "create", f"--label={containers.mark()}", name], stdout=-3, check=True)
    yield name
    subprocess.run(["docker", "volume", "rm", name], stdout=-3, check=True)


@pytest.fixture
def on(request: pytest.FixtureRequest, image: str) -> Callable[[str], Sidecar]:
    """Gives the image with a remote that is empty: `on("s3")`, `on("sftp")` or `on("volume")`."""

    def with_remote(storage: str) -> Sidecar:
        if storage == "volume":
            # Without BACKUP_REMOTE: /backups is the default.
            return Sidecar(image, volumes=(f"{request.getfixturevalue('volume')}:/backups",))
        server: Gateway | StorageServer = request.getfixturevalue({"s3": "gateway"}.get(storage, storage))
        variables = {name: value for name, value in server.environment.items() if name != "RCLONE_CONFIG"}
        return Sidecar(image, {**variables, "BACKUP_REMOTE": f"{server.remote}/{uuid.uuid4().hex[:8]}"})

    return with_remote


@pytest.fixture
def subject_of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Subject]]:
    """Gives a database by the name that it has in the contract, for as long as the test runs."""
    made: list[Iterator[Subject]] = []

    def make(name: str) -> Subject:
        made.append(make_subject(name, request, open_to_all(tmp_path / "target")))
        return next(made[-1])

    yield make
    for subject in made:
        next(subject, None)


@pytest.fixture
def sqlite(on: Callable[[str], Sidecar], subject_of: Callable[[str], Subject], tmp_path: Path) -> Sidecar:
    """The image with a small SQLite database and a volume for backups."""
    subject = subject_of("sqlite-file")
    subject.fill_simply()
    return aimed_at(subject, on("volume"), tmp_path)


def aimed_at(subject: Subject, sidecar: Sidecar, folder: Path) -> Sidecar:
    """The image with this database as its target."""
    target = open_to_all(folder / "target")
    volumes = (*sidecar.volumes, f"{target}:{target}") if "sqlite" in subject.database["ENGINE"] else sidecar.volumes
    return Sidecar(sidecar.image, {**sidecar.env, "DATABASE_URL": url(subject.database)}, volumes, sidecar.options)
