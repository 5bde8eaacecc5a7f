"""The MongoDB server that other tests stand on does what it is trusted with."""

import subprocess

import pytest
from bson.son import SON
from pymongo.errors import OperationFailure, PyMongoError

from tests.support.servers import MongoServer, start_mongo
from tests.support.servers.mongo_abilities import OPTIONS

pytestmark = pytest.mark.exhaustive  # of the tests' own servers


def run(server: MongoServer, program: str, *arguments: str, data: bytes = b"") -> bytes:
    address = [f"--host={server.host}", f"--port={server.port}", f"--username={server.user}"]
    command = [server.client_dir / program, "--quiet", *address, f"--password={server.password}", *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def test_the_tools_are_there(mongo):
    for program in ("mongodump", "mongorestore"):
        assert f"{program} version: 100." in run(mongo, program, "--version").decode()


def test_a_dump_comes_back_in_another_database_with_its_indexes(mongo):
    with mongo.database() as one, mongo.database() as other, mongo.client() as client:
        client[one].t.insert_many([{"_id": n, "square": n * n} for n in range(1000)])
        client[one].t.create_index("square", unique=True, name="of its own")
        dump = run(mongo, "mongodump", f"--db={one}", "--archive")
        run(mongo, "mongorestore", "--archive", f"--nsFrom={one}.*", f"--nsTo={other}.*", data=dump)
        assert list(client[other].t.find(sort=[("_id", 1)])) == list(client[one].t.find(sort=[("_id", 1)]))
        assert client[other].t.index_information()["of its own"]["unique"]


def test_a_wrong_password_is_refused(mongo):
    with mongo.client(password="wrong") as client, pytest.raises(OperationFailure, match="Authentication failed"):
        client.admin.list_collection_names()


def test_nobody_gets_in_without_one(mongo):
    with mongo.client(username=None, password=None) as client, pytest.raises(OperationFailure, match="requires auth"):
        client.admin.list_collection_names()


def test_accounts_of_their_own_can_be_made(mongo):
    with mongo.database() as name, mongo.client() as administrator:
        administrator.admin.command("createUser", name, pwd="p:/%", roles=[{"role": "readWrite", "db": name}])
        with mongo.client(username=name, password="p:/%") as client:
            client[name].t.insert_one({})
        administrator.admin.command("dropUser", name)


def test_a_collection_takes_the_place_of_another_at_once(mongo):
    with mongo.database() as name, mongo.client() as client:
        client[name].old.insert_one({"_id": "old"})
        client[name].new.insert_one({"_id": "new"})
        client.admin.command(SON(renameCollection=f"{name}.new", to=f"{name}.old", dropTarget=True))
        assert [row["_id"] for row in client[name].old.find()] == ["new"]


def test_mongodb_itself_can_do_everything(mongo):
    assert mongo.abilities <= OPTIONS.keys()
    assert mongo.abilities == OPTIONS.keys() or not mongo.is_mongodb


@pytest.fixture(scope="module")
def alone():
    """A server that no other test asks."""
    with start_mongo() as server:
        yield server


def test_a_killed_server_comes_back_on_the_same_port_with_its_data(alone):
    with alone.client(serverSelectionTimeoutMS=500) as client:
        client.kept.t.insert_one({"n": 1})
        alone.kill()
        with pytest.raises(PyMongoError):
            client.kept.t.find_one()
        alone.restart()
        assert client.kept.t.find_one()["n"] == 1


def test_a_paused_server_goes_on_where_it_was(alone):
    with alone.client() as client, alone.client(timeoutMS=500) as impatient:
        client.admin.command("ping")
        alone.pause()
        try:
            with pytest.raises(PyMongoError):
                impatient.admin.command("ping")
        finally:
            alone.unpause()
        client.admin.command("ping")
