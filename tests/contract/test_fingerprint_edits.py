"""Each edit of a real dump is named: thousands of them, over all engines."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from django_rclone import process
from django_rclone.db.mongodb.programs.fingerprint import Reader as MongodbReader
from django_rclone.db.mysql.programs.fingerprint import Reader as MysqlReader
from django_rclone.db.postgresql.programs.fingerprint import Reader as PostgresqlReader
from django_rclone.db.sqlite.programs.fingerprint import TextReader, read_file
from django_rclone.exceptions import VerificationFailed
from django_rclone.verification.comparison import differences
from django_rclone.verification.fingerprint import Fingerprint
from tests.contract import fingerprint_edits as edits
from tests.contract.fingerprint_edits import Edit
from tests.contract.fingerprints import connector_of, dump
from tests.contract.subjects import Subject
from tests.contract.subjects.mongodb import Mongodb
from tests.contract.subjects.mysql import Mysql
from tests.contract.subjects.postgresql import Postgresql
from tests.contract.subjects.sqlite import Sqlite
from tests.support.images.resolve import USED

LEAST = {
    "postgresql-17": 900,
    "mysql-9": 400,
    "mariadb-11.8": 400,
    "sqlite-file": 250,
    "sqlite-sql": 400,
    "mongodb": 700,
}
"""The number of edits by database; together more than 3,000."""


@pytest.mark.representatives("sqlite-*", "postgresql-17", "mysql-9", "mongodb")
@pytest.mark.parametrize("subject", LEAST, indirect=True)
def test_each_edit_of_a_dump_is_named(subject: Subject, request: pytest.FixtureRequest, tmp_path: Path):
    read, made = prepared(subject, tmp_path)
    then: Fingerprint | None = None
    tried, unseen = 0, list[str]()
    for edit in made:
        if then is None:
            then = read(edit.data)  # the first one changes nothing
            assert differences(then, then) == []
            continue
        if not edit.data:
            continue
        tried += 1
        try:
            found = differences(then, read(edit.data))
        except VerificationFailed as error:  # seen too, but not named
            found = [f"error: {error}"]
        if not any(_shown(edit.name) in sentence for sentence in found):
            unseen.append(f"{edit.what} ({edit.name}): {found[:3]}")
    assert not unseen, "\n".join(unseen[:40])
    name = request.node.callspec.id
    USED.append(f"fingerprints: {tried:,} edits of a dump of {name}, each named")
    assert tried >= LEAST[name]


def prepared(subject: Subject, folder: Path) -> tuple[Callable[[bytes], Fingerprint], Iterator[Edit]]:
    """How to read a dump, and the edits of one; the first of them is no edit."""
    subject.fill_with_everything()
    match subject:
        case Postgresql():
            subject.execute("TRUNCATE big")
            live = connector_of(subject)
            backup = dump(live)
            programs = live.fingerprint(backup.manifest)
            assert programs is not None
            script = process.collect(backup.source, programs[0], process.Command(("cat",)))
            return lambda data: PostgresqlReader(io.BytesIO(data)).read(), _first(script, edits.postgresql(script))
        case Mysql():
            subject.execute("DELETE FROM big")
            data = dump(connector_of(subject)).data
            flavour = subject.server.flavour
            return lambda data: MysqlReader().read(io.BytesIO(data), flavour), _first(data, edits.mysql(data))
        case Mongodb():
            subject.drop("large", "fs.chunks")
            data = dump(connector_of(subject)).data
            return lambda data: MongodbReader(io.BytesIO(data), ()).read(), _first(data, edits.mongodb(data))
        case Sqlite(form="sql"):
            subject.execute("DELETE FROM anything WHERE length(x) > 1000")
            data = dump(connector_of(subject)).data
            return lambda data: TextReader(io.BytesIO(data)).read(), _first(data, edits.sqlite_text(data))
        case Sqlite():
            subject.execute("DELETE FROM anything WHERE length(x) > 1000")
            data = dump(connector_of(subject)).data
            stage = folder / "stage"
            return lambda data: read_file(io.BytesIO(data), stage), _first(data, edits.sqlite_file(data, folder))
    raise AssertionError(subject)


def _first(data: bytes, rest: Iterator[Edit]) -> Iterator[Edit]:
    yield Edit("nothing", data, "")
    yield from rest


def _shown(name: str) -> str:
    return name.replace("\n", "\\n")
