"""MongoDB servers in containers, or what stands in for them."""

import contextlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError
from testcontainers.community.mongodb import MongoDbContainer

from tests.support.images import image
from tests.support.images.clients import client_dir
from tests.support.images.resolve import USED
from tests.support.servers import containers, mongo_abilities
from tests.support.servers.ports import LOOPBACK
from tests.support.servers.server import Server

VERSION = "8"


@dataclass(frozen=True, slots=True)
class MongoServer(Server):
    """A running server and its administrator."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    client_dir: Path
    """The folder with mongodump and mongorestore."""
    container: MongoDbContainer = field(repr=False)
    is_mongodb: bool = True
    """Whether it is MongoDB itself."""
    abilities: frozenset[str] = frozenset()
    """Those of `mongo_abilities.OPTIONS` that it has."""

    def client(self, **options: Any) -> "MongoClient[dict[str, Any]]":
        """A client of the administrator, to be closed, unless the options say otherwise."""
        address = {"host": self.host, "port": self.port, "username": self.user, "password": self.password}
        # The majority of one server has what is in its journal, so that what was written survives `kill`.
        return MongoClient(**{"w": "majority", **address, **options})

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of a database for a test, which comes into being with what is put in it; dropped afterwards."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        try:
            yield name
        finally:
            with self.client() as client:
                client.drop_database(name)

    def settings(self, database: str, engine: str = "django_mongodb_backend") -> dict[str, Any]:
        """An entry for Django's DATABASES."""
        address = {"HOST": self.host, "PORT": str(self.port), "USER": self.user, "PASSWORD": self.password}
        return {"ENGINE": engine, "NAME": database, **address}

    def answers(self) -> bool:
        with contextlib.suppress(PyMongoError), self.client(timeoutMS=2000) as client:
            client.admin.command("ping")
            return True
        return False


@contextmanager
def start_mongo(shared: str = "") -> Iterator[MongoServer]:
    """A server for as long as needed. Under a name it is shared by all processes of the run."""
    clients = client_dir("mongo", VERSION)
    container = MongoDbContainer(image("mongo", VERSION), username="admin", password="s3cret", dbname="admin")
    with containers.running(container, 27017, shared) as port:
        server = MongoServer(LOOPBACK, port, "admin", "s3cret", clients, container)
        server.wait()
        yield _asked(server)


def _asked(server: MongoServer) -> MongoServer:
    """The server with what it says of itself."""
    with server.database() as name, server.client() as client:
        information = client.server_info()
        abilities = mongo_abilities.of(client[name])
    substitute = information.get("ferretdb")
    what = f"FerretDB {substitute['version']}" if substitute else f"MongoDB {information['version']}"
    if missing := ", ".join(sorted(mongo_abilities.OPTIONS.keys() - abilities)):
        what = f"{what}; nothing is shown of what it lacks: {missing}"
    if (line := f"test server mongo:{VERSION} is {what}") not in USED:
        USED.append(line)
    return replace(server, is_mongodb=not substitute, abilities=abilities)
