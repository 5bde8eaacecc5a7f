"""Every way in which Django's settings may name a MongoDB database, and what is said when they are wrong."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.contract.project import Project, Storage, slow
from tests.contract.subjects.mongodb import Mongodb
from tests.contract.test_bad_input import DATABASE, refused, server_dies_during_backup
from tests.support.commands import ROOT
from tests.support.servers import start_mongo
from tests.support.servers.ports import LOOPBACK, free_port


@pytest.fixture
def project(mongodb: Mongodb, local: Storage) -> Project:
    mongodb.fill_simply()
    return Project({"default": mongodb.database}, local, mongodb.options)


def login(mongodb: Mongodb) -> str:
    return f"{quote(mongodb.user)}:{quote(mongodb.PASSWORD, safe='')}"


def in_a_uri(mongodb: Mongodb) -> dict[str, Any]:
    host = f"{mongodb.server.host}:{mongodb.server.port}"
    uri = f"mongodb://{login(mongodb)}@{host}/{mongodb.name}?authSource=admin&retryWrites=true"
    return {"ENGINE": "django_mongodb_backend", "NAME": "", "HOST": uri}


def in_options(mongodb: Mongodb) -> dict[str, Any]:
    options = {"authSource": "admin", "authMechanism": "SCRAM-SHA-256", "directConnection": True, "maxPoolSize": 5}
    return {**mongodb.database, "OPTIONS": options}


def for_djongo(mongodb: Mongodb) -> dict[str, Any]:
    address = {"host": mongodb.server.host, "port": mongodb.server.port, "authSource": "admin"}
    client = {**address, "username": mongodb.user, "password": mongodb.PASSWORD}
    return {"ENGINE": "djongo", "NAME": mongodb.name, "CLIENT": client}


def as_for_0_4(mongodb: Mongodb) -> dict[str, Any]:
    return {**mongodb.database, "ENGINE": "djongo", "AUTH_SOURCE": "admin"}


def as_compass_writes_it(mongodb: Mongodb) -> dict[str, Any]:
    host = f"{mongodb.server.host}:{mongodb.server.port}"
    options = "authMechanism=DEFAULT&authSource=admin&directConnection=true&tls=false"
    return {**in_a_uri(mongodb), "HOST": f"mongodb://{login(mongodb)}@{host}/{mongodb.name}?{options}"}


@pytest.mark.representatives("in_a_uri")
@pytest.mark.parametrize("shape", [in_a_uri, in_options, for_djongo, as_for_0_4, as_compass_writes_it])
def test_a_database_is_found_by_its_settings(mongodb: Mongodb, project: Project, shape):
    project.databases["default"] = shape(mongodb)
    project.ok("dbbackup")
    assert project.manifest(project.backups()[0])["name"] == mongodb.name
    mongodb.lose_words(1)
    project.ok("dbrestore", "--noinput")
    assert len(mongodb.words()) == 3


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for this machine that signs itself, with its key."""
    path = tmp_path / "certificate.pem"
    subject = ("-subj", "/CN=localhost", "-addext", f"subjectAltName=IP:{LOOPBACK}")
    key = tmp_path / "key.pem"
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-out", path, "-keyout", key)
    subprocess.run([*made, *subject], check=True, capture_output=True)
    path.write_text(path.read_text() + key.read_text())
    return path


@pytest.fixture
def encrypted(mongodb: Mongodb, certificate: Path) -> Iterator[int]:
    """The port of the same server behind TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    port, loop = free_port(), asyncio.new_event_loop()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except OSError:
            return
        finally:
            writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plain = await asyncio.open_connection(mongodb.server.host, mongodb.server.port)
        await asyncio.gather(copy(reader, plain[1]), copy(plain[0], writer))

    server = loop.run_until_complete(asyncio.start_server(connect, LOOPBACK, port, ssl=context))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield port
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.mark.exhaustive
def test_tls_with_a_certificate_that_the_settings_trust(
    mongodb: Mongodb, project: Project, encrypted: int, certificate: Path
):
    trusted = {"tls": True, "tlsCAFile": str(certificate), "directConnection": True}
    project.databases["default"] |= {"PORT": encrypted, "OPTIONS": trusted}
    project.ok("dbbackup")
    mongodb.lose_words(1)
    project.ok("dbrestore", "--noinput")
    assert len(mongodb.words()) == 3
    for options in ({"tls": True}, {"tls": True, "tlsCAFile": "/nonexistent/ca.pem"}):
        project.databases["default"]["OPTIONS"] = {**options, "serverSelectionTimeoutMS": 2000}
        refused(project, "dbbackup", 2, DATABASE, "")
    project.databases["default"]["OPTIONS"] = {"tls": True, "tlsAllowInvalidCertificates": True}
    project.ok("dbbackup")


@pytest.mark.parametrize("command", ["dbbackup", "dbrestore"])
class TestWrong:
    @pytest.mark.representatives("dbbackup")
    def test_password(self, project: Project, command: str):
        project.ok("dbbackup")
        project.databases["default"]["PASSWORD"] = "wr0ng canary"
        error = refused(project, command, 2, DATABASE, "Authentication failed", "AUTH_SOURCE")
        assert "canary" not in error

    @pytest.mark.exhaustive
    def test_port(self, project: Project, command: str):
        project.ok("dbbackup")
        options = {"serverSelectionTimeoutMS": 1000}
        project.databases["default"] |= {"PORT": str(free_port()), "OPTIONS": options}
        refused(project, command, 75, DATABASE, "Connection refused")

    @pytest.mark.exhaustive
    def test_name_that_no_database_can_have(self, project: Project, command: str):
        project.ok("dbbackup")
        project.databases["default"]["NAME"] = "no/where"
        refused(project, command, 2, DATABASE, "Check NAME")

    @pytest.mark.exhaustive
    def test_tools_that_are_not_there(self, project: Project, command: str, tmp_path: Path):
        project.ok("dbbackup")
        project.options = {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(tmp_path)}}}
        refused(project, command, 2, DATABASE, "mongodump and mongorestore were not found", "BINARY_DIR")

    @pytest.mark.representatives("dbrestore")
    def test_environment_without_pymongo(self, project: Project, command: str, tmp_path: Path):
        project.ok("dbbackup")
        there = project.storage.files()
        (tmp_path / "pymongo.py").write_text("raise ModuleNotFoundError(\"No module named 'pymongo'\")\n")
        arguments = ("--noinput",) if command == "dbrestore" else ()
        done = project.run(command, *arguments, PYTHONPATH=f"{tmp_path}:{ROOT}")
        assert done.code == 2, done.err
        assert "pip install 'django-rclone[mongodb]'" in done.error
        assert project.storage.files() == there


def test_a_mistyped_name_is_an_error_and_never_an_empty_backup(project: Project):
    project.databases["default"]["NAME"] = "nowhere"
    refused(project, "dbbackup", 2, DATABASE, "nowhere", "does not exist")


@pytest.mark.exhaustive
def test_a_server_that_dies_in_the_middle(local: Storage):
    with start_mongo() as server, server.database() as name:
        subject = Mongodb(server, name)
        subject.fill_simply(megabytes=40)
        project = Project({"default": subject.database}, local, {**subject.options, **slow("2M")})
        server_dies_during_backup(project, server, *subject.dumper)
        subject.close()


@pytest.mark.exhaustive
def test_who_may_only_read_makes_backups(mongodb: Mongodb, project: Project):
    reader, password = f"{mongodb.name}_reader", "p:/%"
    administrator = mongodb.server.client()
    administrator.admin.command("createUser", reader, pwd=password, roles=[{"role": "read", "db": mongodb.name}])
    project.databases["default"] |= {"USER": reader, "PASSWORD": password}
    project.ok("dbbackup")
    administrator.admin.command("dropUser", reader)
    administrator.close()
    project.databases["default"] = mongodb.database
    mongodb.lose_words(1)
    project.ok("dbrestore", "--noinput")
    assert len(mongodb.words()) == 3
