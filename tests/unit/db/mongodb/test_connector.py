"""The MongoDB connector: what it describes, with scripts in place of the tools."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from django_rclone.command import Attached, Secret
from django_rclone.db import registry
from django_rclone.db.base import Facts, Mode
from django_rclone.db.mongodb.connector import MongoDumpConnector
from django_rclone.db.mongodb.names import is_internal, staged_prefix
from django_rclone.db.mongodb.programs import probe
from django_rclone.db.mongodb.programs import restore_lock as lock
from django_rclone.exceptions import ConfigurationError, Locked, VerificationFailed
from django_rclone.layout.manifest import Manifest, StoredObject

SETTINGS = {"NAME": "shop", "USER": "app", "PASSWORD": "s3c/ret", "HOST": "db"}
DETAILS: dict[str, Any] = {
    "version": "8.0.4",
    "flavour": "",
    "sharded": False,
    "size": 1000,
    "tables": {"word": 3},
    "others": [],
    "foreign": [],
    "migrations": {"auth": "0002"},
    "renames_dots": True,
    "bypasses_validation": False,
    "lacking_to_restore": [],
    "restore": None,
    "staged": [],
}
ENTRIES = [["shop", "word", "collection", "{}"], ["shop", "seen", "view", '{"viewOn": "word", "pipeline": []}']]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    return install(tmp_path / "tools", "100.10.0")


def install(folder: Path, version: str, *programs: str) -> Path:
    folder.mkdir()
    for name in programs or ("mongodump", "mongorestore"):
        path = folder / name
        path.write_text(f'#!/bin/sh\necho "{name} version: {version}"\necho "git version: 0123abcd"\n')
        path.chmod(0o755)
    return folder


def connector(folder: Path, **settings: Any) -> MongoDumpConnector:
    return MongoDumpConnector("default", {**SETTINGS, **settings}, {"BINARY_DIR": str(folder)})


def facts(**changes: Any) -> Facts:
    return connector(Path("/")).facts(json.dumps({**DETAILS, **changes}))


def contents(*entries: list[str], version: str = "8.0.4") -> str:
    return json.dumps({"server_version": version, "tool_version": "100.10.0", "entries": entries or ENTRIES})


def manifest(name: str = "shop") -> Manifest:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    stored = (StoredObject("db/x.archive.zst", 10, "0" * 64, 20),)
    texts = ["id", "point", "", "default", "mongodb", name, "8.0.4", "mongodump 100.10.0", "archive", "zstd:3", "none"]
    return Manifest(*texts, stored, now, now)


class TestDump:
    def test_a_dump_reads_the_database_and_nothing_that_a_restore_has_staged(self, tools: Path):
        dump = connector(tools).dump(facts())
        program, config, secret, selection_timeout, *rest = dump.command.argv
        assert program == str(tools / "mongodump")
        assert config == "--config"
        assert isinstance(secret, Secret)
        assert "s3c%2Fret" in secret.value
        assert selection_timeout == "--serverSelectionTimeout=15"
        assert rest == ["--archive", "--db=shop", "--excludeCollectionsWithPrefix=__rs_"]
        assert (dump.extension, dump.format, dump.consistency) == ("archive", "archive", "none")
        assert dump.client == "mongodump 100.10.0"
        assert len(dump.notes) == 1

    def test_no_secret_is_shown(self, tools: Path):
        made = connector(tools)
        plan = made.restore(facts(), manifest(), Mode(), contents())
        shown = f"{made.dump(facts()).command} {made.dump(facts()).command!r} {made.probe()!r} {plan!r} {plan.steps}"
        for secret in ("s3c/ret", "s3c%2Fret"):
            assert secret not in shown + made.restore_by_hand("rclone cat x")

    def test_what_does_not_exist_makes_no_backup(self, tools: Path):
        with pytest.raises(ConfigurationError, match="shop on db:27017 does not exist, or is empty"):
            connector(tools).dump(facts(tables={}))
        connector(tools).dump(facts(tables={}, others=["a view"]))

    def test_a_name_that_would_be_left_out_is_refused(self, tools: Path):
        with pytest.raises(ConfigurationError, match="__rs_own"):
            connector(tools).dump(facts(foreign=["__rs_own"]))

    def test_the_manifest_says_what_the_server_is(self):
        assert facts().server_version == "8.0.4"
        assert facts(flavour="FerretDB v2.7.0").server_version == "8.0.4 (FerretDB v2.7.0)"
        assert facts().migrations == {"auth": "0002"}

    def test_by_hand_the_archive_leaves_stdin_for_the_password(self, tools: Path):
        assert connector(tools).restore_by_hand("rclone cat x | zstd -dc") == (
            "mongorestore --uri 'mongodb://app@db:27017/?authSource=admin' '--nsFrom=shop.*' '--nsTo=restored.*' "
            "--stopOnError --archive=<(rclone cat x | zstd -dc)"
        )


class TestRightsToRestore:
    PRIVILEGE: ClassVar = {"resource": {"db": "shop", "collection": ""}, "actions": ["find", "insert"]}

    def rights(self, *privileges: dict, users: int = 1) -> list[str]:
        """Returns the rights that `probe` finds lacking on a server with these answers."""
        answer = {"authInfo": {"authenticatedUsers": [{}] * users, "authenticatedUserPrivileges": list(privileges)}}
        database = SimpleNamespace(name="shop", command=lambda _question: answer)
        return probe._lacking(probe._actions(database))

    def test_what_a_role_lacks_is_told_before_there_is_a_backup(self, tools: Path):
        lacking = self.rights(self.PRIVILEGE)
        assert lacking == ["createCollection", "createIndex", "dropCollection"]
        (problem,) = connector(tools).restore_hindrances(facts(lacking_to_restore=lacking))
        assert problem.endswith("Grant it readWrite on the database shop.")
        assert connector(tools).restore_hindrances(facts()) == []

    def test_rights_elsewhere_or_on_one_collection_are_none(self):
        elsewhere = {"resource": {"db": "other", "collection": ""}, "actions": ["createIndex"]}
        alone = {"resource": {"db": "shop", "collection": "word"}, "actions": ["createIndex"]}
        assert "createIndex" in self.rights(self.PRIVILEGE, elsewhere, alone)
        everywhere = {"resource": {"db": "", "collection": ""}, "actions": ["createIndex"]}
        assert "createIndex" not in self.rights(self.PRIVILEGE, everywhere)

    def test_a_server_that_tells_nothing_is_believed_to_allow_it(self):
        assert self.rights() == []
        assert self.rights(users=0) == []


class TestRestore:
    def test_everything_is_loaded_beside_and_put_in_afterwards(self, tools: Path):
        plan = connector(tools).restore(facts(), manifest(), Mode(), contents())
        load, hold = plan.load
        token = str(plan.commit[0].argv[-2])
        assert load.argv[4:] == (
            "--archive",
            "--nsFrom=shop.$name$",
            f"--nsTo=shop.__rs_{token}_$name$",
            "--nsExclude=shop.seen",
            "--maintainInsertionOrder",
            "--stopOnError",
        )
        assert load.is_loader
        assert load.succeeded is not None
        assert load.succeeded("7 document(s) restored successfully. 0 document(s) failed to restore.\n")
        assert not load.succeeded("7 document(s) restored successfully. 10 document(s) failed to restore.\n")
        assert not load.succeeded("")
        ours = (sys.executable, "-P", "-m")
        assert hold.argv[:5] == (*ours, "django_rclone.db.mongodb.programs.restore_steps", "hold-lock")
        (prepare,) = plan.prepare
        assert prepare.argv[3:5] == ("django_rclone.db.mongodb.programs.restore_steps", "prepare")
        assert prepare.argv[-1] == token
        (commit,) = plan.commit
        assert commit.argv[3] == "django_rclone.db.mongodb.programs.swap"
        attached = commit.argv[-1]
        assert isinstance(attached, Attached)
        assert json.loads(attached.content) == {
            "collections": ["word"],
            "views": [{"name": "seen", "options": '{"viewOn": "word", "pipeline": []}'}],
        }
        assert plan.abort[0].argv[3:5] == ("django_rclone.db.mongodb.programs.restore_steps", "abort")
        assert plan.target == "shop on db:27017"
        assert "stop the application" in plan.summary

    def test_every_restore_has_a_token_of_its_own(self, tools: Path):
        plans = [connector(tools).restore(facts(), manifest(), Mode(), contents()) for _twice in range(2)]
        assert plans[0].commit[0].argv[-2] != plans[1].commit[0].argv[-2]

    def test_into_goes_to_another_database_that_must_be_new(self, tools: Path):
        alive = {"alive": True, "swapping": False, "described": "another"}
        plan = connector(tools).restore(facts(restore=alive), manifest(), Mode(into="look"), contents())
        assert plan.target == "look on db:27017"
        assert plan.prepare[0].argv[-3] == "look"
        assert plan.prepare[0].argv[-1] == "new"
        assert any(str(part).startswith("--nsTo=look.__rs_") for part in plan.load[0].argv)

    def test_the_archive_says_which_database_it_holds(self, tools: Path):
        entries = (["old*", "word", "collection", "{}"], ["blog", "post", "collection", "{}"])
        plan = connector(tools).restore(facts(), manifest("old*"), Mode(), contents(*entries))
        assert "--nsFrom=old*.$name$" in plan.load[0].argv
        assert r"--nsInclude=old\*.*" in plan.load[0].argv
        assert "only old* is restored" in plan.summary
        with pytest.raises(ConfigurationError, match='holds blog, old\\*, and not "shop"'):
            connector(tools).restore(facts(), manifest(""), Mode(), contents(*entries))
        empty = json.dumps({"server_version": "8", "entries": []})
        with pytest.raises(VerificationFailed, match="holds no database"):
            connector(tools).restore(facts(), manifest(), Mode(), empty)

    def test_what_is_copied_is_named(self, tools: Path):
        entries = (["shop", "fs.files", "collection", "{}"], ["shop", "heat", "timeseries", "{}"])
        copying = connector(tools).restore(facts(renames_dots=False), manifest(), Mode(), contents(*entries)).summary
        assert "takes longer: fs.files." in copying
        assert "cannot be renamed, and are copied into place: heat" in copying
        assert "fs.files" not in connector(tools).restore(facts(), manifest(), Mode(), contents(*entries)).summary

    def test_a_name_that_leaves_no_room_beside_the_live_one_is_refused(self, tools: Path):
        room = 255 - len("shop.") - len(staged_prefix("01234567"))
        connector(tools).restore(facts(), manifest(), Mode(), contents(["shop", "n" * room, "collection", "{}"]))
        long = contents(["shop", "n" * (room + 2), "collection", "{}"])
        with pytest.raises(ConfigurationError, match="2 bytes too long"):
            connector(tools).restore(facts(), manifest(), Mode(), long)

    def test_rules_that_came_later_are_bypassed_where_the_role_may(self, tools: Path):
        plan = connector(tools).restore(facts(bypasses_validation=True), manifest(), Mode(), contents())
        assert "--bypassDocumentValidation" in plan.load[0].argv

    def test_what_will_not_be_exact_is_said(self, tools: Path):
        made = connector(tools)
        assert "shard them again" in made.restore(facts(sharded=True), manifest(), Mode(), contents()).summary
        newer = made.restore(facts(), manifest(), Mode(), contents(version="9.0.0")).summary
        assert "comes from MongoDB 9.0.0, this server is 8.0.4" in newer
        sessions = made.restore(facts(), manifest(), Mode(terminate_sessions=True), contents()).summary
        assert "no effect" in sessions

    def test_old_and_new_objects_are_looked_into(self, tools: Path):
        reader = connector(tools).contents(manifest())
        assert reader is not None
        assert reader.argv[-1] == "django_rclone.db.mongodb.programs.read_archive"


class TestUnfinished:
    @pytest.mark.parametrize(
        ("changes", "verbs"),
        [
            ({}, []),
            ({"restore": {"alive": True, "swapping": False, "described": "x"}, "staged": ["__rs_a"]}, []),
            ({"restore": {"alive": False, "swapping": False, "described": "x"}}, ["finish"]),
            ({"restore": {"alive": False, "swapping": True, "described": "x"}}, ["finish"]),
            ({"staged": ["__rs_01234567_word"]}, ["finish"]),
        ],
    )
    def test_what_the_dead_have_left_is_finished(self, tools: Path, changes: dict[str, Any], verbs: list[str]):
        assert [command.argv[4] for command in connector(tools).unfinished(facts(**changes))] == verbs

    def test_nobody_looks_at_a_database_while_it_is_being_put_together(self, tools: Path):
        restore = {"alive": True, "swapping": True, "described": "another restore of it is under way."}
        with pytest.raises(Locked, match='"default": another restore'):
            connector(tools).unfinished(facts(restore=restore))

    def test_a_second_restore_is_refused(self, tools: Path):
        restore = {"alive": True, "swapping": False, "described": "another restore of it is under way."}
        with pytest.raises(Locked, match="under way"):
            connector(tools).restore(facts(restore=restore), manifest(), Mode(), contents())

    def test_who_lives(self):
        moment = datetime(2026, 11, 24)  # noqa: DTZ001 - as pymongo gives it
        beat = moment - timedelta(seconds=59)
        us = {"space": lock.process_namespace(), "pid": 1, "born": lock.start_time(1), "beat": beat}
        assert lock.is_alive(us, moment)
        assert not lock.is_alive(us, moment + timedelta(seconds=2))
        assert not lock.is_alive({**us, "born": "0"}, moment)
        assert not lock.is_alive({**us, "pid": 1 << 30, "born": ""}, moment)
        assert lock.is_alive({**us, "space": "elsewhere", "born": "0"}, moment)

    def test_names(self):
        assert is_internal("__rs_journal")
        assert is_internal(staged_prefix("0123abcd") + "x\n")
        assert not is_internal("__rs_of_the_app")
        assert not is_internal("x__rs_0123abcd_x")


class TestSettings:
    def test_what_is_wrong_is_found_without_a_connection(self, tools: Path):
        assert connector(tools).check() == []
        assert "no NAME" in connector(tools, NAME="").check()[0]
        mistyped = MongoDumpConnector("default", SETTINGS, {"BINARY": "x"})
        assert mistyped.check() == ['DATABASE_OPTIONS has an unknown key "BINARY". Did you mean BINARY_DIR?']

    def test_tools_that_are_missing_or_too_old(self, tmp_path: Path):
        assert connector(install(tmp_path / "good", "100.3.0")).hindrances() == []
        alone = install(tmp_path / "alone", "100.10.0", "mongodump")
        for folder in (tmp_path, alone):
            (found,) = connector(folder).hindrances()
            assert found.startswith("mongodump and mongorestore were not found in BINARY_DIR")
        for version in ("100.2.1", "r4.4.0"):
            (found,) = connector(install(tmp_path / version, version)).hindrances()
            assert "is older than 100.3" in found

    def test_pymongo_is_missing(self, tools: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
        assert "django-rclone[mongodb]" in connector(tools).hindrances()[0]

    @pytest.mark.parametrize("engine", ["django_mongodb_backend", "djongo", "django_mongodb_engine"])
    def test_every_backend_has_this_connector(self, engine: str):
        assert registry.load(registry.connector_path("default", engine)) is MongoDumpConnector
