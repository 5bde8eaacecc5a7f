"""PostgreSQL 17: functions that index builds and materialized views run get the restore's search path for a while."""

from __future__ import annotations

import pytest

from django_rclone.db.postgresql.archive import Archive, ArchiveEntry
from django_rclone.db.postgresql.choose_entries import choose
from django_rclone.db.postgresql.maintenance import move_to_end
from django_rclone.db.postgresql.restore_list import RestoreList
from tests.unit.db.postgresql.test_connector import archive, entry, here, ids

PATH = '"public", pg_temp'
FUNCTION = entry(1, "FUNCTION", "f(text)", language="plpgsql", signature="public.f(text)")
TABLE = entry(2, "TABLE", "t")
INDEX = entry(3, "INDEX", "i", "public", 2, 1, script="CREATE INDEX i ON public.t USING btree (public.f(a));")
ON = 'ALTER FUNCTION public.f(text) SET search_path = "public", pg_temp;'
OFF = "ALTER FUNCTION public.f(text) RESET search_path;"


def moved(*entries: ArchiveEntry, version: int = 170004, superuser: bool = False) -> RestoreList:
    found: Archive = archive(*entries)
    live = here(version_num=version, superuser=superuser)
    restore_list = choose(found, live)
    move_to_end(PATH, restore_list, found, live)
    return restore_list


def test_an_index_with_what_is_said_of_it_is_built_at_the_end() -> None:
    comment = entry(4, "COMMENT", "INDEX i", "public", 3, script="COMMENT ON INDEX public.i IS 'x';\n")
    restore_list = moved(FUNCTION, TABLE, INDEX, comment)
    assert ids(restore_list) == [1, 2]
    assert restore_list.final_statements == [ON, INDEX.details["script"], "COMMENT ON INDEX public.i IS 'x';", OFF]


def test_a_view_between_does_not_hide_the_function_from_a_materialized_view() -> None:
    restore_list = moved(
        *(FUNCTION, TABLE, entry(4, "VIEW", "v", "public", 2, 1), entry(5, "MATERIALIZED VIEW", "m", "public", 4)),
        entry(6, "MATERIALIZED VIEW DATA", "m", "public", 5, statement="REFRESH MATERIALIZED VIEW public.m;"),
    )
    assert ids(restore_list) == [1, 2, 4, 5]
    assert restore_list.final_statements == [ON, "REFRESH MATERIALIZED VIEW public.m;", OFF]


def test_an_exclusion_constraint_is_known_by_its_text() -> None:
    text = "ALTER TABLE ONLY public.t ADD CONSTRAINT e EXCLUDE USING btree (public.f(a) WITH =);"
    assert moved(FUNCTION, TABLE, entry(3, "CONSTRAINT", "t e", "public", 2, script=text)).final_statements == [
        ON,
        text,
        OFF,
    ]


def test_the_settings_of_the_next_entry_are_not_taken_along() -> None:
    script = f"{INDEX.details['script']}\n\n\nSET default_tablespace = fast;\n"
    assert (
        moved(FUNCTION, TABLE, entry(3, "INDEX", "i", "public", 2, 1, script=script)).final_statements[1]
        == INDEX.details["script"]
    )


@pytest.mark.parametrize(
    ("entries", "version"),
    [
        ((FUNCTION, TABLE, INDEX), 160004),
        ((entry(1, "FUNCTION", "f(text)", language="c"), TABLE, INDEX), 170004),
        ((FUNCTION, TABLE, entry(3, "INDEX", "i", "public", 2, script="CREATE INDEX i ON public.t (a);")), 170004),
    ],
)
def test_nothing_moves_where_nothing_needs_it(entries: tuple[ArchiveEntry, ...], version: int) -> None:
    restore_list = moved(*entries, version=version, superuser=True)
    assert (ids(restore_list), restore_list.final_statements) == ([1, 2, 3], [])


def test_a_superusers_event_triggers_do_not_see_it() -> None:
    trigger = entry(9, "EVENT TRIGGER", "w", "")
    assert moved(FUNCTION, TABLE, INDEX, trigger, superuser=True).final_statements[:2] == [
        "SET LOCAL session_replication_role = replica;",
        ON,
    ]
