"""What the MySQL connector plans, asks for and refuses."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from django_rclone.command import Secret
from django_rclone.db.base import Facts, Mode
from django_rclone.db.mysql import clients, names, probe_output, quoting, schema_changes
from django_rclone.db.mysql import facts as mysql_facts
from django_rclone.db.mysql import grants as mysql_grants
from django_rclone.db.mysql.clients import Clients
from django_rclone.db.mysql.connector import MysqlDumpConnector
from django_rclone.db.mysql.errors import error_in
from django_rclone.db.mysql.preflight import stored_object_problems
from django_rclone.exceptions import ConfigurationError
from django_rclone.layout.manifest import Manifest, StoredObject

SERVER = {
    "version": "9.7.4",
    "name": "app",
    "user": "app@%",
    "charset": "utf8mb4",
    "collation": "utf8mb4_bin",
    "log_bin": 1,
    "trusts_creators": 0,
    "read_only": 0,
}
ALL = {"grant": "GRANT ALL PRIVILEGES ON `app`.* TO `app`@`%`"}
TABLE = {"table": "word", "type": "BASE TABLE", "engine": "InnoDB", "rows": 3, "bytes": 1000}


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of both flavours are on this machine."""
    here = [Clients("mysql", "9.7.4", "/m/mysql", "/m/mysqldump")]
    here.append(Clients("mariadb", "11.8.6", "/a/mariadb", "/a/mariadb-dump"))
    monkeypatch.setattr(clients, "available", lambda _folder: here)


def connector(**settings: object) -> MysqlDumpConnector:
    return MysqlDumpConnector("default", {"NAME": "app", "HOST": "db", "USER": "me", "PASSWORD": "canary", **settings})


def facts(*rows: dict, **server: object) -> Facts:
    return probe_output.parse("\n".join(json.dumps(row) for row in [{**SERVER, **server}, ALL, TABLE, *rows]))


def manifest(server_version: str = "9.7.4") -> Manifest:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    stored = (StoredObject("db/x.sql", 1, "0" * 64),)
    return Manifest(
        *("x", "p", "", "default", "mysql", "app", server_version, "mysqldump 9.7.4", "sql", "", "snapshot"),
        *(stored, now, now),
    )


def parts(dump_command) -> list[dict]:
    return json.loads(dump_command.argv[-1].content)["parts"]


def test_a_plain_schema_is_one_part():
    dump = connector().dump(facts())
    (tables,) = parts(dump.command)
    assert {"--single-transaction", "--skip-triggers", "--hex-blob", "--set-gtid-purged=OFF"} <= set(
        tables["arguments"]
    )
    assert tables["arguments"][-2:] == ["--", "app"]
    assert (dump.extension, dump.format, dump.client) == ("sql", "sql", "mysqldump 9.7.4")
    assert (dump.consistency, dump.notes) == ("snapshot", ())


def test_programs_and_views_are_parts_of_their_own_and_events_come_last():
    dump = connector().dump(
        facts(
            {"view": "b", "definer": "app@%", "definition": "select 1"},
            {"view": "a", "definer": "app@%", "definition": "select `app`.`b`.`id` from `app`.`b`"},
            {"trigger": "t", "on": "word", "definer": "app@%"},
            {"routine": "p", "type": "PROCEDURE", "definer": "app@%"},
            {"event": "e", "definer": "app@%"},
        )
    )
    found = {part["mark"].split()[-1]: part["arguments"] for part in parts(dump.command)}
    assert list(found) == ["tables", "routines", "triggers", "views", "events"]
    assert "--ignore-table=app.a" in found["tables"]
    assert found["views"][-3:] == ["app", "b", "a"]  # each after those that it uses
    assert "--events" not in found["routines"]


def test_mariadb_gets_its_own_program_and_no_options_that_it_does_not_know():
    dump = connector().dump(facts(version="11.8.6-MariaDB"))
    assert dump.client == "mariadb-dump 11.8.6"
    assert not any("gtid" in argument or "masking" in argument for argument in parts(dump.command)[0]["arguments"])


def test_a_table_outside_of_transactions_takes_the_snapshot_away():
    dump = connector().dump(facts({**TABLE, "table": "old", "engine": "MyISAM"}))
    assert dump.consistency == "none"
    assert "old" in dump.notes[0]


def test_the_size_counts_what_is_written_in_hexadecimal_twice():
    assert facts({"binary": "word"}).size == 2 * facts().size == 2000


def test_a_role_that_would_miss_something_makes_no_dump():
    seen = probe_output.parse(
        "\n".join(json.dumps(row) for row in [SERVER, {"grant": "GRANT SELECT, SHOW VIEW ON `app`.* TO `app`@`%`"}])
    )
    with pytest.raises(
        ConfigurationError, match=r"lacks TRIGGER, EVENT.*GRANT TRIGGER, EVENT ON `app`\.\* TO `app`@`%`;"
    ):
        connector().dump(seen)


def test_secrets_are_in_no_argument_of_any_program():
    plan = connector().restore(facts(), manifest(), Mode())
    commands = [connector().probe(), connector().dump(facts()).command, *plan.prepare, *plan.load, *plan.commit]
    for command in commands:
        assert "canary" not in f"{command} {command!r}"
        assert not any("canary" in part for part in command.argv if isinstance(part, str))
        assert not command.env.keys() & {"MYSQL_PWD"}
    assert any(isinstance(part, Secret) and "canary" in part.value for part in plan.load[-1].argv)


def test_a_restore_is_loaded_beside_and_then_swapped():
    plan = connector().restore(facts(), manifest(), Mode())
    assert [command.argv[4] for command in (*plan.prepare, *plan.commit, *plan.abort)] == ["prepare", "commit", "abort"]
    (scratch,) = {command.argv[10] for command in (*plan.prepare, *plan.commit, *plan.abort)}
    assert str(scratch).startswith("app__restore_new_")
    assert plan.verify == ()
    assert "target   app on db:3306" in plan.summary


def test_in_place_reads_everything_before_it_begins():
    plan = connector().restore(facts(), manifest(), Mode(in_place=True))
    assert plan.verify[0].argv[4] == "check"
    assert plan.steps.startswith("verify ")
    assert "half restored" in plan.summary
    assert plan.abort == ()


def test_into_makes_a_schema_or_takes_an_empty_one():
    plan = connector().restore(facts(), manifest(), Mode(into="copy"))
    assert plan.load[0].argv[4] == "scratch"
    assert plan.abort[0].argv[-1] == "created"
    plan = connector().restore(facts({"schema": "copy", "objects": 0}), manifest(), Mode(into="copy"))
    assert plan.load[0].argv[4] == "into"
    with pytest.raises(ConfigurationError, match="the schema copy is not empty"):
        connector().restore(facts({"schema": "copy", "objects": 1}), manifest(), Mode(into="copy"))


@pytest.mark.parametrize(
    ("server", "rows", "mode", "message"),
    [
        ({"read_only": 1}, [], Mode(), "read-only"),
        ({}, [{"referrer": "t", "of_schema": "other", "refers_to": "word"}], Mode(), "other.t to word"),
        ({}, [], Mode(into="x", in_place=True), "exclude each other"),
        ({"version": "11.8.6-MariaDB"}, [], Mode(), "backup of MySQL"),
    ],
)
def test_a_restore_that_cannot_work_is_refused_before_it_begins(server: dict, rows: list, mode: Mode, message: str):
    with pytest.raises(ConfigurationError, match=message):
        connector().restore(facts(*rows, **server), manifest(), mode)


def test_what_would_keep_a_restore_from_working_is_told_without_a_backup():
    grant = r"GRANT ALL ON `app\_\_restore\_%`.* TO `app`@`%`"
    problems = connector().restore_hindrances(facts())
    assert len(problems) == 1
    assert problems[0].endswith(f"run: {grant};")
    assert connector().restore_hindrances(facts({"grant": grant.replace("ALL", "ALL PRIVILEGES")})) == []
    assert "read-only" in connector().restore_hindrances(facts(read_only=1))[0]


def test_only_what_no_living_restore_is_doing_is_left_over():
    def unfinished(locked: int, state: str, age: int) -> bool:
        row = {"leftover": "app__restore_new_00000000", "state": state, "age": age}
        return bool(connector().unfinished(facts(row, {"locked": locked})))

    assert unfinished(0, "loading", 0)
    assert not unfinished(1, "loading", 0)
    assert not unfinished(0, "loaded", 5)
    assert unfinished(0, "loaded", 500)
    assert unfinished(1, "swapping", 0)
    assert unfinished(0, "done", 0)
    assert connector().unfinished(facts()) == ()


def test_the_command_line_for_people_is_that_of_the_servers_flavour():
    made = connector()
    made.dump(facts(version="11.8.6-MariaDB"))
    line = made.restore_by_hand("rclone cat x")
    assert line.startswith("mariadb --host=db --user=me --execute='CREATE DATABASE restored' && rclone cat x | mariadb")
    assert "canary" not in line


def test_settings_are_checked_without_connecting():
    assert connector().check() == []
    assert "no NAME" in connector(NAME="").check()[0]
    made = MysqlDumpConnector("default", {"NAME": "app"}, {"BINARY_DIRS": "/x"})
    assert 'unknown key "BINARY_DIRS"' in made.check()[0]


def test_output_without_an_error_has_no_number():
    assert error_in("all went well") == (0, "")


def test_grants_are_understood():
    grants = mysql_grants.parse(
        [
            "GRANT USAGE ON *.* TO `app`@`%`",
            "GRANT SET_ANY_DEFINER,SHOW_ROUTINE ON *.* TO `app`@`%`",
            r"GRANT SELECT, TRIGGER ON `app\_%`.* TO `app`@`%`",
            "GRANT INSERT ON `app`.`t` TO `app`@`%`",
        ]
    )
    assert grants.on("app_1") >= {"SELECT", "TRIGGER", "SHOW_ROUTINE"}
    assert grants.lacking("appx1", ["SELECT"]) == ["SELECT"]
    assert not grants.certainly_lacks("SUPER", "SET_ANY_DEFINER")
    assert grants.certainly_lacks("SUPER")
    by_role = mysql_grants.parse(["GRANT `reader`@`%` TO `app`@`%`"])
    assert by_role.lacking("app", ["SELECT"]) == []
    line = "GRANT USAGE ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*AB12'"
    assert mysql_grants.without_password_hash(line) == "GRANT USAGE ON *.* TO `app`@`%`"


def test_an_error_names_the_right_that_stored_objects_of_others_need():
    state = mysql_facts.live(facts(trusts_creators=1))
    text = b"/*!50003 CREATE*/ /*!50017 DEFINER=`some``body`@`%`*/ /*!50003 TRIGGER t */;;\n"
    (problem,) = stored_object_problems(state, {"triggers": text}, ["triggers"])
    assert "GRANT SET_ANY_DEFINER ON *.* TO `app`@`%`;" in problem
    own = text.replace(b"`some``body`", b"`app`")
    assert list(stored_object_problems(state, {"triggers": own}, ["triggers"])) == []
    untrusting = mysql_facts.live(facts())
    (problem,) = stored_object_problems(untrusting, {"triggers": own}, ["triggers"])
    assert "log_bin_trust_function_creators" in problem


def test_names_fit_and_are_found_again():
    live = "ä" * 64
    scratch = names.scratch(live, "0123abcd")
    assert len(scratch) == len(names.displaced(scratch)) == 64
    assert names.leftovers([scratch, names.displaced(scratch), "x__restore_new_0123abcd"], live) == [scratch]
    assert names.leftovers([scratch], "ä" * 63) == []  # though it begins with as many of the same letters
    assert names.leftovers(["app__restore_new_0123abcd"], "App") == ["app__restore_new_0123abcd"]
    assert names.scratch_pattern("a_b") == r"a\_b\_\_restore\_%"
    assert quoting.quote_name("a`b", "c") == "`a``b`.`c`"


def test_what_is_the_same_is_left_alone_but_for_triggers():
    text = b"-- Host: a\nCREATE VIEW v\n-- Dump completed\n"
    other = text.replace(b"Host: a", b"Host: b")
    assert schema_changes.parts_to_replace({"views": text}, {"views": other}) == []
    assert schema_changes.parts_to_replace({"views": text}, {}) == ["views"]
    assert schema_changes.parts_to_replace({"triggers": text}, {"triggers": text}) == ["triggers"]


def test_a_program_made_under_another_collation_never_alters_another_schema():
    text = b"ALTER DATABASE `app` CHARACTER SET latin1 COLLATE latin1_bin ;\nDELIMITER ;;\n"
    replayed = schema_changes.replay("co`py", {"routines": text}, ["routines"])
    assert replayed.startswith(b"ALTER DATABASE `co``py` CHARACTER SET latin1")


def test_one_statement_moves_everything():
    statement = schema_changes.rename_tables(("app", ["a"], "old"), ("new", ["a", "b"], "app"))
    assert statement == "RENAME TABLE `app`.`a` TO `old`.`a`, `new`.`a` TO `app`.`a`, `new`.`b` TO `app`.`b`;\n"
    assert schema_changes.rename_tables(("app", [], "old")) == ""


def test_views_that_seem_to_use_each_other_come_in_the_order_of_their_names():
    assert probe_output.creation_order({"b": "`app`.`a`", "a": "'`app`.`b`'"}, "app") == ["a", "b"]


def test_a_dump_is_compared_by_its_flavour_and_one_of_0_4_not_at_all():
    for version, flavour in (("9.7.4", "mysql"), ("11.8.6-MariaDB", "mariadb")):
        programs = connector().fingerprint(manifest(version))
        assert programs is not None
        assert programs[0].argv[-2:] == ("django_rclone.db.mysql.programs.fingerprint", flavour)
    assert connector().fingerprint(replace(manifest(), id="")) is None
