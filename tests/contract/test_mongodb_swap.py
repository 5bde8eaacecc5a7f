"""Restored collections are put in one after another: whatever dies, and when, the next command does what is left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from django_rclone.db.mongodb.names import JOURNAL, is_internal, staged_prefix
from django_rclone.db.mongodb.programs import restore_lock as lock
from django_rclone.db.mongodb.programs.restore_steps import abort, finish
from django_rclone.db.mongodb.programs.swap import commit
from django_rclone.exceptions import Locked
from tests.contract.subjects.mongodb import Mongodb

TOKEN = "0123abcd"
RESTORED = ("word", "fs.files", "fs.chunks", "empty")
CONTENTS = {"collections": list(RESTORED), "views": []}
WRITES = ("command", "drop_collection", "rename", "insert_one", "insert_many", "update_one", "find_one_and_update")


class Died(Exception):
    """The process is no more."""


class Mortal:
    """A database, or a collection, that its user dies of after so many writes."""

    def __init__(self, real: Any, left: list[int]) -> None:
        self._real = real
        self._left = left

    def __getitem__(self, name: str) -> Mortal:
        return Mortal(self._real[name], self._left)

    def get_collection(self, *arguments: Any) -> Mortal:
        return Mortal(self._real.get_collection(*arguments), self._left)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._mortal(found) if name in WRITES else found

    def _mortal(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*arguments: Any, **options: Any) -> Any:
            if arguments != ("hello",):
                if not self._left[0]:
                    raise Died
                self._left[0] -= 1
            return write(*arguments, **options)

        return instead


@pytest.fixture
def dead() -> int:
    """The id of a process that is no more."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


def fill(subject: Mongodb, prefix: str, text: str) -> None:
    """Makes the collections, under names with this prefix."""
    database = subject.db()
    for name in RESTORED[:3]:
        database[prefix + name].insert_many([{"_id": number, "text": text, "key": number} for number in range(20)])
        database[prefix + name].create_index("key", unique=True, name="a key")
    database.command({"create": f"{prefix}empty"})


def prepare(subject: Mongodb, pid: int) -> str:
    """Puts the database into the state just before the swap of a restore of the process ``pid``."""
    for name in subject.names():
        subject.db().drop_collection(name)
    fill(subject, "", "live")
    subject.db()["later"].insert_one({"_id": 1})
    before = subject.fingerprint()
    lock.acquire(subject.db(), TOKEN, pid)
    fill(subject, staged_prefix(TOKEN), "restored")
    return before


def test_a_swap_that_dies_at_any_moment_is_finished_or_has_not_begun(mongodb: Mongodb, dead: int):
    fill(mongodb, "", "restored")
    after = mongodb.fingerprint()
    outcomes = []
    for writes in range(100):
        before = prepare(mongodb, dead)
        try:
            commit(Mortal(mongodb.db(), [writes]), TOKEN, CONTENTS)
        except Died:
            finish(mongodb.db(), os.getpid())
            outcomes.append(mongodb.fingerprint())
            assert outcomes[-1] in (before, after), writes
            assert not any(is_internal(name) for name in mongodb.names())
        else:
            break
    # Only a swap that has not written its journal is undone.
    assert outcomes == [before] + [after] * (len(outcomes) - 1)
    assert len(outcomes) > 6
    assert mongodb.fingerprint() == after


def test_who_finishes_a_swap_may_die_as_well_again_and_again(mongodb: Mongodb, dead: int):
    fill(mongodb, "", "restored")
    after = mongodb.fingerprint()
    prepare(mongodb, dead)
    with pytest.raises(Died):
        commit(Mortal(mongodb.db(), [2]), TOKEN, CONTENTS)
    deaths = 0
    for writes in range(1, 100):
        try:
            finish(Mortal(mongodb.db(), [writes]), dead)
        except Died:
            deaths += 1
        else:
            break
    assert deaths > 3
    assert mongodb.fingerprint() == after


def test_a_swap_that_was_interrupted_in_order_is_finished_by_its_own_restore(mongodb: Mongodb):
    fill(mongodb, "", "restored")
    after = mongodb.fingerprint()
    prepare(mongodb, os.getpid())
    with pytest.raises(Died):
        commit(Mortal(mongodb.db(), [3]), TOKEN, CONTENTS)
    with pytest.raises(Locked, match=str(os.getpid())):
        finish(mongodb.db(), os.getpid())  # it lives
    abort(mongodb.db(), "another")
    assert JOURNAL in mongodb.names()
    abort(mongodb.db(), TOKEN)
    assert mongodb.fingerprint() == after


def test_a_restore_that_lost_its_turn_changes_nothing(mongodb: Mongodb, dead: int):
    before = prepare(mongodb, dead)
    document = lock.read(mongodb.db())
    assert document is not None
    taken = lock.take_over(mongodb.db(), document, "fedc3210", os.getpid())
    assert taken["token"] == "fedc3210"
    with pytest.raises(Locked):
        lock.take_over(mongodb.db(), document, "00000000", os.getpid())
    with pytest.raises(Locked):
        commit(mongodb.db(), TOKEN, CONTENTS)
    abort(mongodb.db(), "fedc3210")
    assert mongodb.fingerprint() == before


def test_what_was_staged_without_a_restore_is_swept(mongodb: Mongodb):
    fill(mongodb, staged_prefix(TOKEN), "restored")
    mongodb.db().word.insert_one({"_id": 1})
    finish(mongodb.db(), os.getpid())
    assert mongodb.names() == ["word"]
    assert not any(is_internal(name) for name in mongodb.names())
