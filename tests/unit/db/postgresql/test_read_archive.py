"""Contents of an archive, read from pg_restore's list and script."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_rclone.db.postgresql.programs import read_archive
from django_rclone.db.postgresql.programs.read_archive import describe
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed

LISTING = rb""";
; Archive created at 2026-11-23 04:10:18 UTC
;     dbname: shop
;     Dumped from database version: 17.11 (Debian 17.11-0+deb13u1)
;     Dumped by pg_dump version: 18.1
;
6; 2615 16392 SCHEMA - a b app
2; 3079 16400 EXTENSION - hstore
222; 1255 16404 FUNCTION public f(integer) app
219; 1259 16394 TABLE a b x; Type: Y app
3451; 0 0 ACL a b TABLE "x; Type: Y" app
3438; 0 16394 TABLE DATA a b x; Type: Y app
3440; 0 17001 TABLE DATA public spatial_ref_sys postgres
3442; 0 0 BLOBS - 7001..7003 app
3443; 0 0 BLOBS - BLOBS
3434; 3256 16402 POLICY a b x; Type: Y p TO q app
"""
SCRIPT = rb"""SET client_encoding = 'UTF8';
--
-- TOC entry 6 (class 2615 OID 16392)
-- Name: a b; Type: SCHEMA; Schema: -; Owner: app
-- Data Pos: 0
--

CREATE SCHEMA "a b";

--
-- TOC entry 2 (class 3079 OID 16400)
-- Name: hstore; Type: EXTENSION; Schema: -; Owner: -
-- Data Pos: 0
--

CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA "Ex""t";


--
-- TOC entry 222 (class 1255 OID 16404)
-- Name: f(integer); Type: FUNCTION; Schema: public; Owner: app
--

CREATE FUNCTION public.f(integer) RETURNS integer
    LANGUAGE c
    AS $$
--
-- TOC entry 5 (class 1 OID 2)
$$;


ALTER FUNCTION public.f(integer) OWNER TO app;

SET default_tablespace = '';

--
-- TOC entry 219 (class 1259 OID 16394)
-- Dependencies: 6
-- Name: x; Type: Y; Type: TABLE; Schema: a b; Owner: app; Tablespace: fast
-- Data Pos: 0
--

CREATE TABLE "a b"."x; Type: Y" ();


--
-- TOC entry 3434 (class 3256 OID 16402)
-- Dependencies: 219 219
-- Name: x; Type: Y p TO q; Type: POLICY; Schema: a b; Owner: app
-- Data Pos: 0
--

CREATE POLICY "p TO q" ON "a b"."x; Type: Y" AS RESTRICTIVE FOR ALL TO grp, "we ""ird", PUBLIC USING ((t = ' TO z'));


--
-- TOC entry 3451 (class 0 OID 0)
-- Dependencies: 219
-- Name: TABLE "x; Type: Y"; Type: ACL; Schema: a b; Owner: app
-- Data Pos: 0
--

REVOKE ALL ON TABLE "a b"."x; Type: Y" FROM PUBLIC;
GRANT SELECT ON TABLE "a b"."x; Type: Y" TO grp WITH GRANT OPTION;
SET SESSION AUTHORIZATION grp;
GRANT SELECT ON TABLE "a b"." TO nobody" TO "we ""ird";
RESET SESSION AUTHORIZATION;


-- Completed on 2026-11-23 04:10:18 UTC
"""


def test_names_owners_roles_and_languages_are_exact() -> None:
    contents = describe(LISTING, SCRIPT)
    assert (contents["server_version"], contents["client_version"]) == ("17.11", "18.1")
    assert contents["encoding"] == "utf-8"
    assert contents["entries"] == [
        [6, "SCHEMA", "", "a b", "app", [], {}],
        [2, "EXTENSION", "", "hstore", "", [], EXTENSION],
        [222, "FUNCTION", "public", "f(integer)", "app", [], {"language": "c"}],
        [219, "TABLE", "a b", "x; Type: Y", "app", [6], {}],
        [3451, "ACL", "a b", 'TABLE "x; Type: Y"', "app", [219], {"statements": STATEMENTS}],
        [3438, "TABLE DATA", "a b", "x; Type: Y", "app", [219], {}],
        [3440, "TABLE DATA", "", "public spatial_ref_sys", "postgres", [], {}],
        [3442, "BLOBS", "", "7001..7003", "app", [], {}],
        [3443, "BLOBS", "", "", "BLOBS", [], {}],
        [3434, "POLICY", "a b", "x; Type: Y p TO q", "app", [219, 219], {"roles": ["grp", 'we "ird']}],
    ]


EXTENSION = {"statement": 'CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA "Ex""t";', "schema": 'Ex"t'}
STATEMENTS = [
    ['REVOKE ALL ON TABLE "a b"."x; Type: Y" FROM PUBLIC;', []],
    ['GRANT SELECT ON TABLE "a b"."x; Type: Y" TO grp WITH GRANT OPTION;', ["grp"]],
    ["SET SESSION AUTHORIZATION grp;", ["grp"]],
    ['GRANT SELECT ON TABLE "a b"." TO nobody" TO "we ""ird";', ['we "ird']],
    ["RESET SESSION AUTHORIZATION;", []],
]


def test_names_are_read_in_the_archives_encoding() -> None:
    listing = b"1; 1259 1 TABLE public t\xe4 app\n2; 0 1 TABLE DATA public t\xe4 app\n"
    script = (
        b"SET client_encoding = 'LATIN1';\n--\n-- TOC entry 1 (class 1259 OID 1)\n"
        b"-- Name: t\xe4; Type: TABLE; Schema: public; Owner: app\n--\n\nCREATE TABLE public.t\xe4 ();\n"
    )
    contents = describe(listing, script)
    assert [entry[3] for entry in contents["entries"]] == ["tä", "tä"]
    assert contents["encoding"] == "iso8859-1"


SERVER = rb"""--
-- TOC entry 1 (class 1417 OID 20305)
-- Name: s; Type: SERVER; Schema: -; Owner: app
-- Data Pos: 0
--

CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (
    dbname E'sh\\o''p',
    host 'o''hara'
);
"""


def test_the_options_of_a_foreign_server_are_read_without_their_quotes() -> None:
    ((*_, details),) = describe(b"1; 1417 20305 SERVER - s app\n", SERVER)["entries"]
    assert details["options"] == {"dbname": "sh\\o'p", "host": "o'hara"}


def test_an_archive_without_entries_is_fine() -> None:
    assert describe(b";\n", b"")["entries"] == []


def test_a_table_of_contents_without_an_end_is_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_restore"
    program.write_text("#!/bin/sh\necho 'pg_restore: error: could not read from input file: end of file' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(read_archive, "_LARGEST_TABLE_OF_CONTENTS", 1 << 20)
    endless = (tmp_path / "zeros").open("w+b")
    endless.truncate(1 << 24)
    with endless, pytest.raises(DjangoRcloneError, match="does not end within 1 MiB"):
        read_archive.contents(str(program), endless)
    with (tmp_path / "zeros").open("rb") as short:
        short.seek((1 << 24) - 1000)
        with pytest.raises(ProgramFailed):
            read_archive.contents(str(program), short)


INDEX = rb"""SET client_encoding = 'UTF8';
--
-- TOC entry 1 (class 1255 OID 20305)
-- Name: F(text); Type: FUNCTION; Schema: public; Owner: app
-- Data Pos: 0
--

CREATE FUNCTION public."F"(a text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $_$begin
ALTER FUNCTION public.g() OWNER TO app;
end$_$;


ALTER FUNCTION public."F"(a text) OWNER TO app;

SET default_table_access_method = heap;

--
-- TOC entry 2 (class 1255 OID 20306)
-- Name: g(); Type: FUNCTION; Schema: public; Owner: app
-- Data Pos: 0
--

CREATE FUNCTION public.g() RETURNS text
    LANGUAGE sql
    SET search_path TO 'public'
    AS $_$SELECT 'x'$_$;


ALTER FUNCTION public.g() OWNER TO app;

--
-- TOC entry 3 (class 1259 OID 20312)
-- Dependencies: 217 1 217
-- Name: i; Type: INDEX; Schema: public; Owner: app
-- Data Pos: 0
--

CREATE INDEX i ON public.t USING btree (public."F"(a));


-- Completed on 2026-11-27 08:47:24 UTC

--
-- PostgreSQL database dump complete
--

\unrestrict abc
"""


def test_what_may_be_built_at_the_end_is_given_with_its_statements() -> None:
    listing = (
        b"1; 1255 20305 FUNCTION public F(text) app\n2; 1255 20306 FUNCTION public g() app\n"
        b"3; 1259 20312 INDEX public i app\n"
    )
    details = [entry[-1] for entry in describe(listing, INDEX)["entries"]]
    assert details == [
        {"language": "plpgsql", "signature": 'public."F"(a text)'},
        {"language": "sql"},
        {"script": 'CREATE INDEX i ON public.t USING btree (public."F"(a));'},
    ]
