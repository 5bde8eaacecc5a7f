"""The PostgreSQL connector: what it describes, with scripts in place of the client programs."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from django_rclone.command import Attached, Secret
from django_rclone.db.base import Dump, Facts, Mode
from django_rclone.db.postgresql.archive import Archive, Entry
from django_rclone.db.postgresql.choose_entries import choose
from django_rclone.db.postgresql.connector import PgDumpConnector, PgDumpGisConnector
from django_rclone.db.postgresql.facts import Live, live
from django_rclone.db.postgresql.probe_output import parse
from django_rclone.db.postgresql.psql import SQL
from django_rclone.db.postgresql.quoting import psql_variables
from django_rclone.db.postgresql.restore_list import RestoreList
from django_rclone.db.postgresql.session_settings import header
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.layout.manifest import Manifest, StoredObject

SETTINGS = {"NAME": "shop", "USER": "app", "PASSWORD": "s3cret", "HOST": "db"}
CONNINFO = "--dbname=host='db' user='app' dbname='shop' connect_timeout='15'"
DETAILS: dict[str, Any] = {
    "version": "17.4 (Debian 17.4-1)",
    "version_num": 170004,
    "size": 1000,
    "in_recovery": False,
    "encoding": "UTF8",
    "database": {"datname": "shop", "datcollate": "C.UTF-8", "datctype": "C.UTF-8", "datlocprovider": "c"},
    "owns_database": True,
    "may_create": True,
    "role": "app",
    "superuser": False,
    "createdb": False,
    "bypasses_row_security": False,
    "roles": ["app", "postgres", "reader"],
    "own_roles": ["app"],
    "databases": ["shop", "postgres"],
    "database_settings": 0,
    "schemas": [{"name": "public", "ours": True, "may_create": True, "of_extension": True}],
    "staying": [],
    "taken_over": [],
    "extensions": {"plpgsql": False},
    "available": {"plpgsql": True, "hstore": True, "postgis": False},
    "configuration": [],
    "event_triggers": [],
    "servers": [],
    "publications": [],
    "published": [],
    "row_security": [],
    "tablespaces": 0,
    "relations": 10,
    "large_objects": 0,
    "large_object_owners": [],
    "lock_limit": 6400,
    "sessions": [],
    "restoring": False,
    "clock": "2026-01-01T12:00:00.5+00:00",
    "superusers": ["postgres"],
    "casts": [],
    "prepared": [],
    "dependent_rows": [],
    "session": {},
    "search_path": [{"schema": "public", "used": False, "of_others": []}],
}


def facts(**changes: Any) -> Facts:
    return parse(
        json.dumps({**DETAILS, **changes}) + '\n{"tables": {"public.t": 3}}\n{"migrations": {"auth": "0002"}}\n'
    )


def here(**changes: Any) -> Live:
    return live(facts(**changes))


def entry(number: int, type_: str, name: str, schema: str = "public", /, *needs: int, **details: Any) -> Entry:
    owner = details.pop("owner", "app")
    return Entry(number, type_, schema, name, owner, needs, details)


def archive(*entries: Entry, version: str = "17.4") -> Archive:
    return Archive(version, "17.4", "utf-8", entries)


def ids(restore_list: RestoreList) -> list[int]:
    return [chosen.id for chosen in restore_list.entries]


def contents(*entries: Entry, version: str = "17.4") -> str:
    values = [list(dataclasses.astuple(one)) for one in entries]
    return json.dumps({"server_version": version, "client_version": "17.4", "encoding": "utf-8", "entries": values})


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    """A folder with programs of version 17 that know zstd."""
    return install(tmp_path / "17", "17.4")


def install(folder: Path, version: str) -> Path:
    folder.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        path = folder / name
        path.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo "{name} (PostgreSQL) {version}" && exit\n'
            # As libpq does it where the user that runs it has no name.
            'case "$*" in\n*user*) echo \'connection to server on socket "/nonexistent" failed\' ;;\n'
            "*) echo 'local user with ID 12345 does not exist' ;;\nesac >&2\nexit 1\n"
        )
        path.chmod(0o755)
    return folder


def connector(folder: Path, kind: type[PgDumpConnector] = PgDumpConnector, **settings: Any) -> PgDumpConnector:
    compression = settings.pop("compression", ("zstd", 3))
    return kind("default", {**SETTINGS, **settings}, {"BINARY_DIR": str(folder)}, compression)


def manifest(**changes: Any) -> Manifest:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    values: dict[str, Any] = {
        **dict.fromkeys(("id", "point", "project", "database", "name"), "x"),
        "engine": "postgresql",
        "server_version": "17.4",
        "client": "pg_dump 17.4",
        "format": "custom",
        "compression": "zstd:3",
        "consistency": "snapshot",
        "objects": (StoredObject("db/x.dump", 5, "0" * 64),),
        "started_at": now,
        "finished_at": now,
    }
    return Manifest(**{**values, **changes})


def test_facts_are_what_the_probe_printed() -> None:
    found = facts()
    assert (found.server_version, found.size) == ("17.4", 1000)
    assert (found.tables, found.migrations) == ({"public.t": 3}, {"auth": "0002"})
    assert here(staying=[["TABLE", "adm", "t"]]).staying == {("TABLE", "adm", "t")}


def test_names_that_are_no_utf8_can_be_written_down() -> None:
    found = parse(json.dumps(DETAILS) + '{"tables": {"public.\\udce4": 1}}')
    assert found.tables == {"public.\\udce4": 1}


def test_the_probe_asks_without_a_password_on_its_command_line(clients: Path) -> None:
    command = connector(clients).probe()
    assert command.argv == (
        *(str(clients / "psql"), "-X", "-q", "-A", "-t", "--no-password", "-v", "ON_ERROR_STOP=1"),
        *("-v", "VERBOSITY=verbose", CONNINFO, "-f", str(SQL / "probe.sql")),
    )
    assert command.env == {"LC_ALL": "C", "PGPASSWORD": Secret("s3cret"), "PGCLIENTENCODING": "UTF8"}
    assert not {"PGOPTIONS", "PGDATABASE"} & set(command.inherit)


@pytest.mark.parametrize(
    ("compression", "argument", "compressed_with"),
    [(("zstd", 3), "zstd:3", "zstd:3"), (("gzip", 6), "6", "gzip:6"), (("none", 0), "0", "")],
)
def test_a_dump_is_compressed_by_pg_dump(
    clients: Path, compression: tuple[str, int], argument: str, compressed_with: str
) -> None:
    dump = connector(clients, compression=compression).dump(facts())
    assert dump.command.argv == (
        *(str(clients / "pg_dump"), "--format=custom", f"--compress={argument}", "--no-password"),
        *("--lock-wait-timeout=5min", "--encoding=UTF8", CONNINFO),
    )
    assert (dump.extension, dump.format, dump.client) == ("dump", "custom", "pg_dump 17.4")
    assert (dump.compression, dump.consistency) == (compressed_with, "snapshot")


def test_a_pg_dump_that_cannot_zstd_leaves_it_to_the_recipe(tmp_path: Path) -> None:
    dump = connector(install(tmp_path / "15", "15.3")).dump(facts(version_num=150003, version="15.3"))
    assert "--compress=0" in dump.command.argv
    assert dump.compression == ""


def test_a_pg_dump_older_than_the_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connector(install(tmp_path / "15", "15.3")).dump(facts())
    assert str(caught.value) == (
        'Database "default": pg_dump 15 is older than the server (17.4). '
        "Install postgresql-client-17 or set BINARY_DIR."
    )


def test_a_dump_that_could_miss_rows_is_refused(clients: Path) -> None:
    with pytest.raises(ConfigurationError, match="BYPASSRLS"):
        connector(clients).dump(facts(row_security=["public.t"]))
    connector(clients).dump(facts(row_security=["public.t"], bypasses_row_security=True))


def test_an_assumed_role_is_taken_on_by_every_program(clients: Path) -> None:
    made = connector(clients, OPTIONS={"assume_role": 'own"er'})
    assert '--role=own"er' in made.dump(facts()).command.argv
    assert made.probe().argv[-4:-2] == ("-c", 'SET ROLE "own""er"')


def test_unknown_options_and_missing_programs_are_told_apart(tmp_path: Path) -> None:
    made = PgDumpConnector("default", SETTINGS, {"BINARY_DIR": str(tmp_path), "BINARYDIR": "x"})
    assert made.check() == ['DATABASE_OPTIONS has an unknown key "BINARYDIR". Did you mean BINARY_DIR?']
    (missing,) = made.hindrances()
    assert missing.startswith(f"pg_dump, pg_restore and psql were not found in BINARY_DIR ({tmp_path}).")


def test_a_restore_is_one_transaction_that_only_the_last_line_ends(clients: Path) -> None:
    plan = connector(clients).restore(facts(), manifest(), Mode(), contents(entry(5, "TABLE", "t")))
    pg_restore, psql = plan.load
    assert pg_restore.argv == (
        *(str(clients / "pg_restore"), "-1", "--no-owner", "--no-tablespaces"),
        *("-L", Attached(b"5;\n", "list"), "-f", "-"),
    )
    assert psql.argv[10:] == (
        *(
            CONNINFO,
            "-f",
            str(SQL / "session.sql"),
            "-o",
            "/dev/null",
            "-f",
            psql_variables(extensions=[], schemas=[]),
        ),
        *("-f", str(SQL / "begin.sql"), "-f", Attached(b"", "settings of the backup's session")),
        *("-f", str(SQL / "drop_objects.sql"), "-f", "-"),
    )
    assert psql.is_loader
    assert (plan.prepare, plan.commit, plan.abort, plan.target) == ((), (), (), "shop on db:5432")


END = b"\nCOMMIT;\n\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc123\n\n"


def test_the_end_must_be_whole(clients: Path) -> None:
    tail = connector(clients).restore(facts(), manifest(), Mode()).gate.tail
    assert tail is not None
    assert tail(b"SELECT 1;\n" + END) == b"SELECT 1;\n" + END
    for cut in (END[:-1], END[:-19], END[: END.index(b"--")], b"SELECT 1;\n", b"", END + b"SELECT 2;"):
        with pytest.raises(DjangoRcloneError, match="Nothing was changed"):
            tail(cut)


def test_sessions_are_ended_before_the_locks_and_before_the_commit(clients: Path) -> None:
    plan = connector(clients).restore(facts(), manifest(), Mode(terminate_sessions=True))
    assert str(SQL / "terminate_sessions.sql") in plan.load[1].argv
    assert plan.gate.tail is not None
    before, _, after = plan.gate.tail(b"SELECT 1;\n" + END).partition(b"\nCOMMIT;")
    assert b"pg_terminate_backend" in before
    assert after == END.partition(b"\nCOMMIT;")[2]


def test_the_setting_that_older_servers_reject_goes_from_the_header_only(clients: Path) -> None:
    line = b"SET transaction_timeout = 0;\n"
    assert header(b"a\n" + line + b"b\n" + line, b"x", keep_transaction_timeout=False) == b"a\nb\n" + line
    far = b"x" * 4096 + b"\n" + line
    assert header(far, b"x", keep_transaction_timeout=False) == far
    made = connector(clients)
    for version, kept in ((170003, line), (150003, b"")):
        head = made.restore(facts(version_num=version), manifest(), Mode()).gate.head
        assert head is not None
        assert head(line) == kept


PATH = b"SELECT pg_catalog.set_config('search_path', '', false);\n"


def script_begins(made: PgDumpConnector, found: Facts, made_by: Manifest, what: str = "") -> str:
    """What becomes of the line that sets the search path, where a line of data looks the same."""
    head = made.restore(found, made_by, Mode(), what).gate.head
    assert head is not None
    first, _, rest = head(PATH + PATH).partition(b"\n")
    assert rest == PATH
    return first.decode()


def test_a_restore_looks_where_the_backups_sessions_looked(clients: Path) -> None:
    recorded = manifest(session={"search_path": """"o'p", pg_temp"""})
    line = "SELECT pg_catalog.set_config('search_path', '{}', false);"
    assert script_begins(connector(clients), facts(), recorded) == line.format(""""o''p", pg_temp""")
    assert script_begins(connector(clients), facts(), manifest()) == line.format('"public", pg_temp')


@pytest.mark.parametrize(
    "path", ["", "public", '"a", pg_temp; SELECT f()', '"a", pg_temp\n\\! id', '"a" b", pg_temp', 'pg_temp, "a"']
)
def test_a_recorded_search_path_that_is_more_than_schemas_is_refused(clients: Path, path: str) -> None:
    with pytest.raises(ConfigurationError, match="search path that is not a list of schemas"):
        script_begins(connector(clients), facts(), manifest(session={"search_path": path}))


def test_a_superuser_does_not_look_where_others_may_have_put_something(clients: Path) -> None:
    ours = {"schema": "ours", "used": False, "of_others": []}
    theirs = {"schema": "theirs", "used": True, "of_others": ["mallory"]}
    made = connector(clients)
    found = facts(search_path=[theirs, ours])
    dump = made.dump(found)
    assert dump.session == {"search_path": '"theirs", "ours", pg_temp', "trusted_search_path": '"ours", pg_temp'}
    assert dump.notes == ()
    assert made.dump(facts(search_path=[theirs, ours], superuser=True)).notes[0].startswith("mallory may have put")
    recorded = manifest(session=dump.session)
    assert '"theirs", "ours", pg_temp' in script_begins(made, found, recorded)
    assert "'\"ours\", pg_temp'" in script_begins(made, facts(superuser=True), recorded)
    # A backup of an older version has recorded nothing: the archive has the owners of the functions.
    what = contents(
        *(entry(number, "TABLE", f"t{number}", "ours") for number in range(1, 4)),
        entry(4, "FUNCTION", "lower(character varying)", "theirs", owner="mallory"),
        entry(5, "FUNCTION", "f()", "ours"),
    )
    assert "'\"ours\", pg_temp'" in script_begins(
        made, facts(search_path=[theirs, ours], superuser=True), manifest(), what
    )


def test_settings_that_give_values_their_meaning_are_recorded_and_set_again(clients: Path) -> None:
    session = {"TimeZone": "Asia/Tokyo", "default_text_search_config": "public.mine", "quote_all_identifiers": "on"}
    made = connector(clients)
    recorded = made.dump(facts(session=session)).session
    assert recorded == {"search_path": '"public", pg_temp', "TimeZone": "Asia/Tokyo"}
    argv = made.restore(facts(), manifest(session=recorded), Mode()).load[1].argv
    assert (
        Attached(b"SELECT set_config('TimeZone', 'Asia/Tokyo', false);\n", "settings of the backup's session") in argv
    )


def test_an_older_pg_restore_than_the_pg_dump_that_wrote_is_refused(clients: Path) -> None:
    with pytest.raises(ConfigurationError, match="older than the pg_dump that wrote this backup"):
        connector(clients).contents(manifest(client="pg_dump 18.0"))
    assert connector(clients).contents(manifest(client="", server_version="")) is not None


def test_an_archive_of_a_newer_server_is_refused(clients: Path) -> None:
    with pytest.raises(ConfigurationError, match="Restore into a server of version 18 or newer"):
        connector(clients).restore(facts(), manifest(), Mode(), contents(version="18.1"))


def test_into_makes_a_database_and_drops_only_that(clients: Path) -> None:
    made = connector(clients)
    with pytest.raises(ConfigurationError, match="CREATEDB"):
        made.restore(facts(), manifest(), Mode(into='be"side'), contents())
    plan = made.restore(facts(createdb=True), manifest(), Mode(into='be"side'), contents())
    (create,) = plan.prepare
    assert (
        "CREATE DATABASE \"be\"\"side\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        in create.argv
    )
    (drop,) = plan.abort
    mark = next(str(part) for part in drop.argv if str(part).startswith("mark=")).removeprefix("mark=")
    assert f'COMMENT ON DATABASE "be""side" IS \'{mark}\'' in create.argv
    assert 'COMMENT ON DATABASE "be""side" IS NULL' in plan.commit[0].argv
    assert str(SQL / "require_empty.sql") in plan.load[1].argv
    assert any("dbname='be\"side'" in str(part) for part in plan.load[1].argv)


def test_into_a_database_that_is_there_neither_makes_nor_drops(clients: Path) -> None:
    plan = connector(clients).restore(facts(), manifest(), Mode(into="postgres"), contents())
    assert (plan.prepare, plan.commit, plan.abort) == ((), (), ())


POSTGIS = entry(
    2, "EXTENSION", "postgis", "", statement="CREATE EXTENSION postgis WITH SCHEMA public;", schema="public"
)
ROWS = entry(3, "TABLE DATA", "public spatial_ref_sys", "", owner="postgres")


def test_a_missing_extension_is_a_line_to_paste(clients: Path) -> None:
    with pytest.raises(ConfigurationError, match="As one, run: CREATE EXTENSION postgis WITH SCHEMA public;"):
        connector(clients).restore(facts(), manifest(), Mode(), contents(POSTGIS))


def test_an_administrator_makes_extensions_and_lends_rights(clients: Path) -> None:
    made = connector(clients, PgDumpGisConnector, ADMIN_USER="postgres", ADMIN_PASSWORD="admin")
    plan = made.restore(facts(), manifest(), Mode(), contents(POSTGIS, ROWS))
    (before,) = plan.prepare
    *_psql, create, _f, temporary_grants, f, script = before.argv
    assert isinstance(create, Attached)
    assert create.content == b"CREATE EXTENSION postgis WITH SCHEMA public;\n"
    rights = "SELECT, INSERT, DELETE"
    temporary = {"schema": "public", "name": "spatial_ref_sys", "rights": rights, "role": "app", "kind": "TABLE"}
    assert temporary_grants == psql_variables(temporary_grants=[temporary])
    assert (f, script) == ("-f", str(SQL / "grant_temporarily.sql"))
    assert before.env["PGPASSWORD"] == Secret("admin")
    assert plan.commit[0].argv == plan.abort[0].argv
    assert plan.commit[0].argv[-4:] == ("-f", temporary_grants, "-f", str(SQL / "revoke_temporary.sql"))


def test_what_a_killed_restore_had_borrowed_is_given_back(clients: Path) -> None:
    comment = "the reference systems\ndjango-rclone has lent SELECT, INSERT to app"
    borrowed: dict[str, Any] = {"configuration": [["public", "spatial_ref_sys", [], comment]]}
    assert connector(clients).unfinished(facts(**borrowed)) == ()
    made = connector(clients, PgDumpGisConnector, ADMIN_USER="postgres", ADMIN_PASSWORD="admin")
    assert made.unfinished(facts(**borrowed, restoring=True)) == ()
    (command,) = made.unfinished(facts(**borrowed))
    (temporary_grants,) = [part.content for part in command.argv if isinstance(part, Attached)]
    assert b'"rights": "SELECT, INSERT"' in temporary_grants
    for nothing in ("", "django-rclone has lent INSERT to another", "django-rclone has lent ALL to app"):
        assert made.unfinished(facts(configuration=[["public", "spatial_ref_sys", [], nothing]])) == ()


def test_what_nobody_may_write_is_left_out_with_a_note() -> None:
    restore_list = choose(archive(ROWS), here())
    assert ids(restore_list) == []
    assert "table data public spatial_ref_sys" in restore_list.notes[0]
    assert ids(choose(archive(ROWS), here(configuration=[["public", "spatial_ref_sys", [], ""]]))) == [3]


def test_what_stays_is_left_out_with_all_that_belongs_to_it() -> None:
    table = entry(1, "TABLE", "t", "adm")
    parts = [
        entry(2, "TABLE DATA", "t", "adm", 1),
        entry(3, "INDEX", "i", "adm", 1),
        entry(4, "CONSTRAINT", "t pk", "adm", 1),
        entry(5, "ACL", "TABLE t", "adm", 1, statements=[]),
    ]
    ours = [entry(6, "TABLE", "t x", "public"), entry(7, "FK CONSTRAINT", "t x fk", "public", 6, 1)]
    restore_list = choose(archive(table, *parts, *ours), here(staying=[["TABLE", "adm", "t"]]))
    assert ids(restore_list) == [6, 7]
    assert restore_list.notes[0] == (
        "Left as it is, because this role may not replace it, or an event trigger of another role needs it: "
        "table adm.t."
    )


def test_an_index_on_our_table_is_kept_though_its_function_stays() -> None:
    function = entry(1, "FUNCTION", "f(integer)", language="c")
    table, index = entry(2, "TABLE", "t"), entry(3, "INDEX", "i", "public", 1, 2)
    restore_list = choose(archive(function, table, index), here(staying=[["FUNCTION", "public", "f(integer)"]]))
    assert ids(restore_list) == [2, 3]


def test_schemas_that_survive_are_not_made_again() -> None:
    schemas = [
        {"name": "gis", "ours": True, "may_create": True, "of_extension": True},
        {"name": "mine", "ours": True, "may_create": True, "of_extension": False},
    ]
    made = [entry(1, "SCHEMA", "gis", ""), entry(2, "SCHEMA", "mine", ""), entry(3, "SCHEMA", "public", "")]
    assert ids(choose(archive(*made), here(schemas=schemas))) == [2]


def test_comments_and_privileges_of_a_surviving_schema_are_restored_if_it_is_ours() -> None:
    privileges = [
        entry(2, "COMMENT", "SCHEMA gis", "", 1),
        entry(3, "ACL", "SCHEMA gis", "", 1, statements=[["GRANT USAGE ON SCHEMA gis TO reader;", ["reader"]]]),
    ]
    ours = {"name": "gis", "ours": True, "may_create": True, "of_extension": True}
    assert ids(choose(archive(entry(1, "SCHEMA", "gis", ""), *privileges), here(schemas=[ours]))) == [2, 3]
    assert (
        ids(choose(archive(entry(1, "SCHEMA", "gis", ""), *privileges), here(schemas=[{**ours, "ours": False}]))) == []
    )


def test_the_comment_of_somebody_elses_extension_is_left_out() -> None:
    comment = entry(1, "COMMENT", 'EXTENSION "uuid-ossp"', "")
    assert ids(choose(archive(comment), here(extensions={"uuid-ossp": False}))) == []
    assert ids(choose(archive(comment), here(extensions={"uuid-ossp": True}))) == [1]


@pytest.mark.parametrize("type_", ["EVENT TRIGGER", "OPERATOR CLASS", "PUBLICATION TABLES IN SCHEMA"])
def test_what_only_a_superuser_can_make_is_left_to_him(type_: str) -> None:
    one = entry(1, type_, "x")
    assert ids(choose(archive(one), here())) == []
    assert ids(choose(archive(one), here(superuser=True))) == [1]


def test_privileges_of_missing_roles_fall_and_the_others_stay() -> None:
    table = entry(1, "TABLE", "t")
    statements = [["GRANT SELECT ON TABLE t TO ghost;", ["ghost"]], ["GRANT SELECT ON TABLE t TO reader;", ["reader"]]]
    grants = entry(2, "ACL", "TABLE t", "public", 1, statements=statements)
    column = entry(
        3, "ACL", "COLUMN t.a", "public", 1, 2, statements=[["GRANT UPDATE(a) ON TABLE t TO reader;", ["reader"]]]
    )
    restore_list = choose(archive(table, grants, column), here())
    assert ids(restore_list) == [1]
    assert restore_list.final_statements == [
        "GRANT SELECT ON TABLE t TO reader;",
        "GRANT UPDATE(a) ON TABLE t TO reader;",
    ]
    assert "roles that do not exist here are left out: ghost" in restore_list.notes[0]


def test_privileges_on_what_belongs_to_an_extension_are_the_administrators() -> None:
    grants = entry(2, "ACL", "TABLE spatial_ref_sys", "public", 99, statements=[["GRANT SELECT ON x TO app;", ["app"]]])
    assert ids(choose(archive(grants), here())) == []
    assert choose(archive(grants), here(), administrator=True).grants_by_administrator == ["GRANT SELECT ON x TO app;"]


def test_an_administrator_makes_schemas_for_whom_they_belonged_to() -> None:
    extension = entry(1, "EXTENSION", "postgis", "", schema="topology", statement="CREATE EXTENSION postgis;")
    schemas = [entry(2, "SCHEMA", "topology", "", owner="postgres"), entry(3, "SCHEMA", "mine", "")]
    grants = [
        entry(
            number,
            "ACL",
            f"SCHEMA {of}",
            "",
            of_id,
            statements=[[f"GRANT USAGE ON SCHEMA {of} TO reader;", ["reader"]]],
        )
        for number, of, of_id in ((4, "topology", 2), (5, "mine", 3))
    ]
    restore_list = choose(archive(extension, *schemas, *grants), here().as_new_database(), administrator=True)
    assert restore_list.extensions.schemas == {"mine": "app", "topology": "postgres"}
    assert ids(restore_list) == [1, 5]
    assert restore_list.grants_by_administrator == ["GRANT USAGE ON SCHEMA topology TO reader;"]
    filled = [entry(6, "TABLE", "t", "topology")]
    restore_list = choose(archive(extension, *schemas, *filled), here().as_new_database(), administrator=True)
    assert restore_list.extensions.schemas == {"mine": "app", "topology": "app"}
    assert 'What belonged to postgres will belong to "app".' in restore_list.notes


def test_large_objects_of_others_go_apart_only_since_17() -> None:
    old = [entry(1, "BLOB", "7", "", owner="postgres"), entry(2, "BLOBS", "", "", owner="BLOBS")]
    (problem,) = choose(archive(*old), here(large_object_owners=["postgres"])).problems
    assert 'ALTER LARGE OBJECT 7 OWNER TO "app";' in problem
    new = [entry(1, "BLOB METADATA", "7", "", owner="postgres"), entry(2, "BLOBS", "7", "", owner="postgres")]
    restore_list = choose(archive(*new), here(large_object_owners=["postgres"]))
    assert (ids(restore_list), restore_list.problems) == ([], [])


def test_a_policy_for_a_missing_role_is_a_line_to_paste() -> None:
    restore_list = choose(archive(entry(1, "POLICY", "t p", roles=["ghost"])), here())
    assert 'CREATE ROLE "ghost" NOLOGIN;' in restore_list.problems[0]


def test_owners_are_kept_where_they_can_be_given_back() -> None:
    ours, theirs = entry(1, "TABLE", "t"), entry(2, "TABLE", "u", owner="group")
    assert not choose(archive(ours), here()).keep_owners
    assert choose(archive(theirs), here(own_roles=["app", "group"])).keep_owners
    assert not choose(archive(ours, theirs), here(own_roles=["app", "group"])).keep_owners
    assert choose(archive(ours, theirs), here(superuser=True, roles=["app", "group"])).keep_owners
    assert not choose(archive(ours, theirs), here(superuser=True)).keep_owners


def test_too_many_locks_are_said_before_anything_is_stopped(clients: Path) -> None:
    many = [entry(number, "TABLE", f"t{number}") for number in range(1, 20_000)]
    with pytest.raises(ConfigurationError, match="Raise max_locks_per_transaction"):
        connector(clients).restore(facts(), manifest(), Mode(), contents(*many))
    large = entry(1, "BLOB METADATA", "1..13000", "")
    (note,) = connector(clients).restore(facts(), manifest(), Mode(), contents(large)).notes
    assert "About 13,0" in note


def test_who_is_connected_is_said(clients: Path) -> None:
    session = {"pid": 7, "user": "app", "application": "gunicorn", "state": "idle", "age": None, "ours": True}
    (note,) = connector(clients).restore(facts(sessions=[session]), manifest(), Mode()).notes
    assert note == (
        "Another session is connected (pid 7 gunicorn of app: idle): stop the application first, "
        "or add --terminate-sessions."
    )


def test_by_hand_it_is_the_administrators_line_where_there_is_one(clients: Path) -> None:
    postgis = connector(clients, PgDumpGisConnector, ADMIN_USER="postgres", ADMIN_PASSWORD="admin")
    assert postgis.restore_by_hand("rclone cat r:db/x.dump") == (
        "createdb --host=db --username=postgres --owner=app --template=template0 restored && rclone cat r:db/x.dump | "
        "pg_restore --host=db --username=postgres --exit-on-error --single-transaction --dbname=restored"
    )


def test_by_hand_is_one_plain_line(clients: Path) -> None:
    assert connector(clients).restore_by_hand("rclone cat r:db/x.dump") == (
        "createdb --host=db --username=app --template=template0 restored && rclone cat r:db/x.dump | "
        "pg_restore --host=db --username=app --no-owner --exit-on-error --single-transaction --dbname=restored"
    )


def test_the_servers_clock_is_known() -> None:
    assert facts().clock == datetime(2026, 1, 1, 12, 0, 0, 500000, tzinfo=UTC)


def test_prepared_transactions_are_named_before_anything_is_stopped(clients: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"prepared transactions hold locks here: it's.*ROLLBACK PREPARED 'it''s';"
    ):
        connector(clients).restore(facts(prepared=["it's"]), manifest(), Mode(terminate_sessions=True))
    connector(clients).restore(facts(prepared=["it's"], createdb=True), manifest(), Mode(into="other"))


def test_a_check_that_reads_a_table_which_comes_later_is_said_at_the_backup(clients: Path) -> None:
    (note,) = connector(clients).dump(facts(dependent_rows=[["public.a", "constraint c", "public.b"]])).notes
    assert note.startswith("public.a: its constraint c reads public.b")


def test_thousands_of_names_are_no_arguments(clients: Path) -> None:
    schemas = [entry(number, "SCHEMA", f"tenant{number}", "") for number in range(1, 5000)]
    plan = connector(clients).restore(facts(), manifest(), Mode(), contents(*schemas))
    assert max(len(part) for command in plan.load for part in command.argv if isinstance(part, str)) < 1000


def test_names_reach_psql_as_they_are() -> None:
    assert (
        psql_variables(names=["o'p", "a\\b", "\udcff"]).content == b'\\set names \'["o\'\'p", "a\\\\\\\\b", "\xff"]\'\n'
    )


REFRESH = "REFRESH MATERIALIZED VIEW public.m;"


def test_privileges_that_come_late_come_before_materialized_views_are_filled(clients: Path) -> None:
    grants = [
        ["GRANT SELECT ON TABLE public.t TO reader;", ["reader"]],
        ["GRANT ALL ON TABLE public.t TO gone;", ["gone"]],
    ]
    entries = [
        entry(1, "TABLE", "t"),
        entry(2, "MATERIALIZED VIEW", "m"),
        entry(3, "ACL", "TABLE t", "public", 1, statements=grants),
        entry(4, "MATERIALIZED VIEW DATA", "m", "public", 2, statement=REFRESH),
    ]
    restore_list = choose(archive(*entries), here())
    assert ids(restore_list) == [1, 2]
    assert restore_list.final_statements == ["GRANT SELECT ON TABLE public.t TO reader;", REFRESH]
    assert ids(choose(archive(*entries[:2], entries[3]), here())) == [1, 2, 4]


def test_a_foreign_server_that_leads_back_does_not_wait_for_ever() -> None:
    server = entry(1, "SERVER", "s", "", name="s", wrapper="postgres_fdw", options={"dbname": "shop"})
    filling = entry(2, "MATERIALIZED VIEW DATA", "m", statement=REFRESH)
    late = choose(archive(server, filling), here(), False, "shop").final_statements
    assert late == [
        "ALTER SERVER s OPTIONS (ADD options '-c lock_timeout=10s');",
        REFRESH,
        "ALTER SERVER s OPTIONS (DROP options);",
    ]
    assert choose(archive(server, filling), here(), False, "other").final_statements == []


def test_casts_between_types_of_others_are_a_superusers() -> None:
    cast = entry(1, "CAST", "CAST (character varying AS uuid)", "", owner="")
    own = [entry(2, "DOMAIN", "d"), entry(3, "CAST", "CAST (public.d AS uuid)", "", 2)]
    restore_list = choose(archive(cast, *own), here())
    assert ids(restore_list) == [2, 3]
    assert "only a superuser can make it: cast CAST (character varying AS uuid)" in restore_list.notes[0]
    assert choose(archive(cast), here(casts=[cast.name])).notes == []
    assert ids(choose(archive(cast), here(superuser=True, casts=[cast.name]))) == [1]


def test_a_dump_to_compare_with_prints_values_under_the_settings_of_the_backup(clients: Path) -> None:
    class Custom(PgDumpConnector):
        def dump(self, facts: Facts) -> Dump:
            made = super().dump(facts)
            return dataclasses.replace(
                made, command=dataclasses.replace(made.command, argv=(*made.command.argv, "--own"))
            )

    settings = {**SETTINGS, "OPTIONS": {"options": "-c geqo=off"}}
    made = Custom("default", settings, {"BINARY_DIR": str(clients)})
    session = {"TimeZone": "Asia/Tokyo", "lc_monetary": "C \\x", "search_path": "pg_temp", "DateStyle": "German"}
    backup = manifest(session=session)
    *_rest, dbname, own = made.dump_restored(facts(), backup).command.argv
    options = r"options='-c geqo=off -c TimeZone=Asia/Tokyo -c lc_monetary=C\\ \\\\x'"
    assert (dbname, own) == (f"{CONNINFO} {options}", "--own")
    assert made.dump(facts()).command.argv[-2].endswith("options='-c geqo=off'")  # nothing else has changed
    assert made.dump_restored(facts(), manifest()) == made.dump(facts())


def test_an_archive_is_compared_as_the_script_of_pg_restore(clients: Path) -> None:
    programs = PgDumpConnector("default", SETTINGS, {"BINARY_DIR": str(clients)}).fingerprint(manifest())
    assert programs is not None
    script, fingerprint = programs
    assert script.argv == (
        *(str(clients / "pg_restore"), "--no-owner", "--no-privileges", "--no-tablespaces", "--no-subscriptions"),
        *("-f", "-"),
    )
    assert fingerprint.argv[-1] == "django_rclone.db.postgresql.programs.fingerprint"
