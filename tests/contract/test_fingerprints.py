"""What was restored is dumped again, and equals the backup; what was changed is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_rclone.verification.comparison import differences
from django_rclone.verification.fingerprint import Identity
from tests.contract import mongodb_support
from tests.contract.conftest import SUBJECTS, VARIANTS, make_subject
from tests.contract.fingerprints import connector_of, dump, dump_again, fingerprint, restore
from tests.contract.subjects import Subject
from tests.contract.subjects.folder import Folder
from tests.contract.subjects.mongodb import Mongodb
from tests.contract.subjects.mysql import Mysql
from tests.contract.subjects.postgresql import Postgresql
from tests.contract.subjects.sqlite import Sqlite
from tests.contract.test_postgresql_schemas import Owned, owned  # noqa: F401 - a fixture

COMPARED = [name for name in (*SUBJECTS, *VARIANTS) if name != "folder"]
# Some of what ``change_everything`` does, by kind of database.
CHANGES = {
    Postgresql: (
        'table "public.author" differs: + later integer DEFAULT 7',
        'table "public.everything" is missing',
        'table "public.later" is not in the backup',
        'foreign key "public.book book_author_id_fkey" is missing',
        'function "public.add(integer, integer, integer[])" is missing',
        'trigger "public.author later_trigger" is not in the backup',
        'view "public.v3" is missing',
        'sequence "public.far": value 1, was 9223372036854775007',
        'table "public.big": 1 row is missing',
        "large objects: at least 1 object differs",
    ),
    Mysql: (
        'table "everything" is missing',
        'table "later" is not in the backup',
        'index "words.found" is missing',
        'function "counted" is missing',
        'trigger "logged" is missing',
        'event "nightly `clean" is missing',
        'view "v3" is missing',
        'table "measure": 2 rows are missing',
        'table "author": at least 1 row differs',
    ),
    Sqlite: (
        'index "book_title" is missing',
        'trigger "book_log" is missing',
        'view "view of view" is missing',
        'table "later" is not in the backup',
        'pragma "user_version": value 99, was 7',
        'sequence "later": value 2 is not in the backup',
        'table "author": at least 3 rows differ',
        'table "pair": 3 rows are missing',
    ),
    Mongodb: (
        'collection "later" is not in the backup',
        'collection "with blank" is missing',
        'index "indexed.a name of its own" is missing',
        'index "indexed.later_1" is not in the backup',
        'collection "word.dot": 1 document is not in the backup',
    ),
}


@pytest.mark.representatives("sqlite-file", "sqlite-sql", "postgresql-17")
@pytest.mark.parametrize("subject", COMPARED, indirect=True)
def test_what_was_restored_has_no_difference_and_what_was_changed_is_named(subject: Subject):
    subject.fill_with_everything()
    live = connector_of(subject)
    backup = dump(live)
    then = fingerprint(live, backup)
    assert sum(rows.count for rows in then.rows.values()) > 20
    name = subject.beside()
    restore(live, backup, into=name)
    copy = connector_of(subject, name)
    assert differences(then, fingerprint(copy, dump_again(copy, backup))) == []
    subject.change_everything()
    changed = differences(then, fingerprint(live, dump(live)))
    (expected,) = (sentences for kind, sentences in CHANGES.items() if isinstance(subject, kind))
    assert [sentence for sentence in expected if sentence not in changed] == []
    restore(live, backup)
    assert differences(then, fingerprint(live, dump_again(live, backup))) == []


@pytest.mark.representatives("generated_column-17")
def test_schemas_from_bug_reports_have_no_difference(owned: Owned):  # noqa: F811
    live = connector_of(owned)
    backup = dump(live)
    then = fingerprint(live, backup)
    if "not into" in owned.schema.head:
        restore(live, backup)
        copy = live
    else:
        name = owned.beside()
        restore(live, backup, into=name)
        copy = connector_of(owned, name)
    found = differences(then, fingerprint(copy, dump_again(copy, backup)))
    # The rows that the restore itself has caused.
    caused = [f'"public.{name}' for name in owned.schema.head.get("ignore", "").split()]
    assert [sentence for sentence in found if not any(name in sentence for name in caused)] == []
    assert bool(found) == bool(caused)


def test_rows_are_the_same_whatever_the_settings_of_the_database(postgresql: Postgresql):
    # ALTER DATABASE … SET is not restored: a new database shows the same moment at another hour.
    postgresql.execute(
        f"ALTER DATABASE {postgresql.name} SET timezone = 'Asia/Tokyo';"
        f"ALTER DATABASE {postgresql.name} SET datestyle = 'German';"
        f"ALTER DATABASE {postgresql.name} SET intervalstyle = 'iso_8601';"
    )
    postgresql.execute(
        "CREATE TABLE t (at timestamptz, day date, pause interval);"
        "INSERT INTO t VALUES ('2020-01-01T00:00:00Z', '2020-01-02', '1 day 02:03:04');"
    )
    live = connector_of(postgresql)
    backup = dump(live)
    then = fingerprint(live, backup)
    name = postgresql.beside()
    restore(live, backup, into=name)
    copy = connector_of(postgresql, name)
    assert differences(then, fingerprint(copy, dump(copy))) == ['table "public.t": at least 1 row differs']
    assert differences(then, fingerprint(copy, dump_again(copy, backup))) == []


def test_columns_that_a_restore_puts_into_another_order_are_the_same(postgresql: Postgresql):
    postgresql.execute(
        "CREATE TABLE parent (a int, b int); CREATE TABLE child (extra text) INHERITS (parent);"
        "ALTER TABLE parent ADD COLUMN later int; INSERT INTO child VALUES (1, 2, 'x', 3);"
        "CREATE TABLE part (k int, old int, v text) PARTITION BY LIST (k);"
        "CREATE TABLE one (v text, k int, old int); ALTER TABLE part ATTACH PARTITION one FOR VALUES IN (1);"
        "ALTER TABLE part DROP COLUMN old; INSERT INTO part VALUES (1, 'x');"
    )
    live = connector_of(postgresql)
    backup = dump(live)
    name = postgresql.beside()
    restore(live, backup, into=name)
    copy = connector_of(postgresql, name)
    again = dump_again(copy, backup)
    then, now = fingerprint(live, backup), fingerprint(copy, again)
    assert differences(then, now) == []
    postgresql.execute("UPDATE child SET a = 2, b = 1", name)
    (found,) = differences(then, fingerprint(copy, dump_again(copy, backup)))
    assert found == 'table "public.child": at least 1 row differs'


def test_tables_have_the_names_that_manifests_have(subject: Subject):
    subject.fill_simply()
    live = connector_of(subject)
    backup = dump(live)
    if isinstance(subject, Folder):
        assert live.fingerprint(backup.manifest) is None
        return
    kind = "collection" if isinstance(subject, Mongodb) else "table"
    name = "public.word" if isinstance(subject, Postgresql) else "word"
    assert fingerprint(live, backup).rows[Identity(kind, name)].count == 3


def test_documents_that_differ_only_in_the_order_of_fields_differ(mongodb: Mongodb):
    mongodb.db()["t"].insert_one({"_id": 1, "a": 1, "b": mongodb_support.VALUES["minus zero"]})
    live = connector_of(mongodb)
    then = fingerprint(live, dump(live))
    for document in ({"_id": 1, "b": -0.0, "a": 1}, {"_id": 1, "a": 1, "b": 0.0}, {"_id": 1, "a": 1.0, "b": -0.0}):
        mongodb.db()["t"].replace_one({"_id": 1}, document)
        assert differences(then, fingerprint(live, dump(live))) == ['collection "t": at least 1 document differs']


def test_a_damaged_dump_is_an_error_that_names_the_database(request: pytest.FixtureRequest, tmp_path: Path):
    for name in ("sqlite-file", "sqlite-sql"):
        folder = tmp_path / name
        folder.mkdir()
        for subject in make_subject(name, request, folder):
            subject.fill_simply()
            live = connector_of(subject)
            backup = dump(live)
            cut = type(backup)(backup.manifest, backup.data[: len(backup.data) // 2])
            with pytest.raises(Exception, match='Database "default": the dump is damaged: ') as raised:
                fingerprint(live, cut)
            assert raised.type.__name__ == "VerificationFailed"
            assert not [path for path in folder.iterdir() if "restore" in path.name]
