"""Databases on MongoDB servers for the contract."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from tests.contract import mongodb_support
from tests.contract.project import Started, base_env, taken
from tests.contract.subjects.base import ACCOUNTS, BALANCE, Subject, run_plainly
from tests.support.servers import MongoServer

WORDS = {1: "one", 2: "two", 3: "zwölf"}


class Mongodb(Subject):
    """A database on a MongoDB server, with a user of its own who may read and write it, and two more."""

    client = ("mongorestore", "--archive")
    dumper = ("mongodump", "--archive")
    PASSWORD = 'owner\'s p@ss:w/rd\\ "0" %41 canary'

    def __init__(self, server: MongoServer, name: str) -> None:
        self.server = server
        self.name = name
        self.user = f"{name}_owner"
        self.extra = [f"{name}_beside"]
        self._administrator = server.client()
        self._client: MongoClient[dict[str, Any]] = server.client(username=self.user, password=self.PASSWORD)
        roles = [{"role": "readWrite", "db": database} for database in (name, *self.extra, "restored")]
        self._administrator.admin.command("createUser", self.user, pwd=self.PASSWORD, roles=roles)

    def close(self) -> None:
        """Drops what the test made on the server beside the database itself."""
        for extra in self.extra:
            self._administrator.drop_database(extra)
        self.others_may_restore()
        self._administrator.admin.command("dropUser", self.user)
        for client in (self._client, self._administrator):
            client.close()

    def progress(self, run: Started) -> int:
        # mongodump writes a whole batch of 16 MB at once, which the kernel counts when it is through.
        return taken(run.child("rclone", "rcat"))

    @property
    def database(self) -> dict[str, Any]:
        return {**self.server.settings(self.name), "USER": self.user, "PASSWORD": self.PASSWORD}

    @property
    def options(self) -> dict[str, Any]:
        return {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(self.server.client_dir)}}}

    def db(self, into: str = "") -> Database[dict[str, Any]]:
        """The database, as its user has it."""
        return self._client[into or self.name]

    def fill_simply(self, megabytes: float = 0) -> None:
        self.db().word.insert_many([{"_id": number, "text": text} for number, text in WORDS.items()])
        source = random.Random(7)
        for _million in range(round(megabytes)):
            self.db().payload.insert_many([{"data": source.randbytes(10_000)} for _row in range(100)])

    def words(self, into: str = "") -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.db(into).word.find().sort("_id")]

    def lose_words(self, *numbers: int) -> None:
        self.db().word.delete_many({"_id": {"$in": list(numbers)}} if numbers else {})

    def rewrite_a_word(self) -> None:
        self.db().word.update_one({"_id": 1}, {"$set": {"text": "eno"}})

    def drop(self, *tables: str) -> None:
        for table in tables:
            self.db().drop_collection(table)

    def payload(self) -> Any:
        return self.db().payload.count_documents({}), self.db().payload.find_one(sort=[("data", -1)])

    def add_later_things(self) -> None:
        self.db().later.insert_one({})
        self.db().command({"create": "later_view", "viewOn": "later", "pipeline": []})
        self.db().word.update_many({}, {"$set": {"later": 1}})
        self.db().word.create_index("later")

    def names(self) -> list[str]:
        return self.db().list_collection_names()

    def fill_with_everything(self) -> None:
        mongodb_support.build(self.db(), self.server.abilities)

    def change_everything(self) -> None:
        mongodb_support.change(self.db(), self.server.abilities)

    def fingerprint(self, into: str = "") -> str:
        return mongodb_support.contents(self.db(into))

    def beside(self) -> str:
        return self.extra[0]

    def by_hand(self, command: str) -> str:
        self.extra.append(self.restored_alone(self.server.port))
        environment = base_env()
        environment["PATH"] = f"{self.server.client_dir}:{environment['PATH']}"
        # The tool asks, and a person types.
        run_plainly(f"{command} <<< {mongodb_support.quoted(self.PASSWORD)}", environment, Path("/"))
        return self.fingerprint("restored")

    def open_accounts(self) -> None:
        self.db().account.insert_many([{"_id": number, "balance": BALANCE} for number in range(ACCOUNTS)])

    def total(self, into: str = "") -> int:
        return sum(account["balance"] for account in self.db(into).account.find())

    @contextmanager
    def writer(self) -> Iterator[Callable[[], None]]:
        def transfer() -> None:
            a, b = random.sample(range(ACCOUNTS), 2)
            self.db().account.update_one({"_id": a}, {"$inc": {"balance": -1}})
            self.db().account.update_one({"_id": b}, {"$inc": {"balance": 1}})

        yield transfer
