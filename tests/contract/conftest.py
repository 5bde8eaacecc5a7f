"""The databases, the remotes and the projects of the contract."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects import Sqlite, Subject
from tests.contract.subjects.folder import Folder
from tests.contract.subjects.mongodb import Mongodb
from tests.contract.subjects.mysql import Mysql
from tests.contract.subjects.postgis import Postgis
from tests.contract.subjects.postgresql import Postgresql
from tests.contract.subjects.spatialite import Spatialite
from tests.support.servers import StorageServer
from tests.support.servers.storage import obscure

SUBJECTS = (
    *("sqlite-file", "sqlite-sql", "postgresql-17", "postgresql-15", "postgresql-18"),
    *("mysql-9", "mariadb-11.8", "mongodb"),
    "folder",  # by the connector that docs/connectors.md shows
)
# One of these of another age, or with something in it: for sentences that the difference could break.
VARIANTS = ("postgresql-13", "postgis-17", "spatialite-file", "spatialite-sql")
# The kinds of databases that live on servers.
KINDS: Mapping[str, Callable[[Any, str], Any]] = {
    "postgresql": Postgresql,
    "postgis": Postgis,
    "mysql": Mysql,
    "mariadb": Mysql,
    "mongodb": Mongodb,
}
STORAGES = ("local", "s3", "sftp", "crypt")


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """Each database in turn."""
    yield from make_subject(request.param, request, tmp_path)


with_variants = pytest.mark.parametrize("subject", [*SUBJECTS, *VARIANTS], indirect=True)
"""Marks a sentence that is tried on the variants too."""


@pytest.fixture(params=("sqlite-file", "postgresql-17", "mongodb"))
def typical(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """One database of each kind, for what does not depend on versions."""
    yield from make_subject(request.param, request, tmp_path)


@pytest.fixture
def postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """A PostgreSQL 17 database."""
    yield from make_subject("postgresql-17", request, tmp_path)


@pytest.fixture
def mongodb(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """A MongoDB database."""
    yield from make_subject("mongodb", request, tmp_path)


@pytest.fixture(params=("mysql-9", "mariadb-11.8"))
def schema(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """A MySQL and a MariaDB schema in turn."""
    yield from make_subject(request.param, request, tmp_path)


def make_subject(name: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Subject]:
    """Gives the database of this name, for as long as the test runs."""
    kind, _, variant = name.partition("-")
    if kind == "folder":
        yield Folder(folder)
        return
    if kind in ("sqlite", "spatialite"):
        yield {"sqlite": Sqlite, "spatialite": Spatialite}[kind](folder, variant)
        return
    server = _server(kind, variant, request)
    with server.database() as database:
        made = KINDS[kind](server, database)
        yield made
        made.close()


def _server(kind: str, variant: str, request: pytest.FixtureRequest) -> Any:
    """Returns the session's server of this kind."""
    match kind:
        case "postgresql":
            return request.getfixturevalue("postgres")(int(variant))
        case "postgis":
            return request.getfixturevalue(f"postgis{variant}")
        case "mongodb":
            return request.getfixturevalue("mongo")
        case _:
            return request.getfixturevalue("mysql")(kind)


@pytest.fixture
def local(tmp_path: Path) -> Storage:
    """A folder of this machine."""
    folder = tmp_path / "remote"
    folder.mkdir()
    return Storage(str(folder), folder)


@pytest.fixture(params=STORAGES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Each kind of remote in turn, with a folder of its own."""
    return make_storage(request.param, request, tmp_path)


def make_storage(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Gives a remote of this kind, with a folder of its own."""
    if kind in ("s3", "sftp"):
        server: StorageServer = request.getfixturevalue(kind)
        name = uuid.uuid4().hex[:8]
        return Storage(f"{server.remote}/{name}", server.folder / name, server.environment)
    folder = tmp_path / "remote"
    folder.mkdir()
    if kind == "local":
        return Storage(str(folder), folder)
    env = {
        "RCLONE_CONFIG_VAULT_TYPE": "crypt",
        "RCLONE_CONFIG_VAULT_REMOTE": str(folder),
        "RCLONE_CONFIG_VAULT_PASSWORD": obscure("crypt canary"),
    }
    return Storage("vault:", folder, env, encrypted=True)


@pytest.fixture
def project(subject: Subject, local: Storage) -> Project:
    """A project with the database in turn, on a local remote."""
    return Project({"default": subject.database}, local, subject.options)


@pytest.fixture
def typical_project(typical: Subject, local: Storage) -> Project:
    """A project with a typical database, on a local remote."""
    return Project({"default": typical.database}, local, typical.options)
