"""The script of pg_restore: what is a row, what is a definition, and what is left out."""

from __future__ import annotations

import io

import pytest

from django_rclone.db.postgresql.programs import fingerprint as program
from django_rclone.db.postgresql.programs.fingerprint import QuoteState, Reader
from django_rclone.exceptions import VerificationFailed
from django_rclone.verification.comparison import differences
from django_rclone.verification.fingerprint import Fingerprint, Identity

END = b"--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n\n"
HEAD = b"""--
-- PostgreSQL database dump
--

\\restrict zOhn5NhV9n0TLAdF5vDSoT2YTzLuTcuBvUbhYYB4LbtvCHrVKNkQvvjwmpbyZ0Y

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);

SET default_table_access_method = heap;

"""


def entry(type_: str, name: str, text: str, *, schema: str = "public", data: bool = False) -> bytes:
    what = "Data for Name" if data else "Name"
    return f"--\n-- {what}: {name}; Type: {type_}; Schema: {schema}; Owner: -\n--\n\n{text}\n\n".encode()


TABLE = entry("TABLE", "t", "CREATE TABLE public.t (\n    id integer NOT NULL,\n    name text\n);")
ROWS = entry("TABLE DATA", "t", "COPY public.t (id, name) FROM stdin;\n1\ta\n2\t\\N\n3\t\n\\.", data=True)


def read(*parts: bytes, end: bytes = END) -> Fingerprint:
    return Reader(io.BytesIO(HEAD + b"".join(parts) + end)).read()


def test_a_table_its_columns_and_its_rows():
    found = read(TABLE, ROWS)
    lines = ("CREATE TABLE public.t (", "    id integer NOT NULL", "    name text", ");")
    assert found.objects == {
        Identity("table", "public.t"): lines,
        Identity("columns of rows", "public.t"): ("id, name",),
    }
    assert found.rows[Identity("table", "public.t")].count == 3


def test_a_function_may_look_like_a_script():
    fake = "--\n-- Name: fake; Type: TABLE DATA; Schema: public; Owner: -\n--\nCOPY x FROM stdin;\n"
    body = f"$_$\n{fake}{END.decode()}$_$;"
    found = read(entry("FUNCTION", "f()", f"CREATE FUNCTION public.f() AS {body}"), TABLE, ROWS)
    assert [str(name) for name in found.objects] == [
        'function "public.f()"',
        'table "public.t"',
        'columns of rows "public.t"',
    ]
    assert not differences(found, read(TABLE, ROWS, entry("FUNCTION", "f()", f"CREATE FUNCTION public.f() AS {body}")))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'it''s\n' || E'a\\'\n--' || \"a\"\"b\n\";",
        "SELECT $a$ $$ $ab$ ' \n $a$;",
        "SELECT e'\\\\' AS \"x\";\n-- a 'comment\nSELECT 'a';",
        "SELECT a_e'x\\';",
        "SELECT E'a''\\'b';",
    ],
)
def test_quotes_end_where_the_server_ends_them(text: str):
    quotes = QuoteState()
    for line in text.encode().splitlines(keepends=True):
        quotes.read(line)
    assert not quotes.open


@pytest.mark.parametrize("text", ["SELECT 'a''", "SELECT E'\\'", 'CREATE TABLE "a', "AS $f$ $g$", "SELECT E'a''\\'"])
def test_quotes_go_on_after_a_line(text: str):
    quotes = QuoteState()
    quotes.read(f"{text}\n".encode())
    assert quotes.open


def test_the_value_of_a_sequence():
    for called, value in (("true", "41"), ("false", "41 (not used yet)")):
        text = f"SELECT pg_catalog.setval('public.y', 41, {called});"
        assert read(entry("SEQUENCE SET", "y", text)).values == {Identity("sequence", "public.y"): value}


def test_columns_of_a_child_table_may_be_in_another_order():
    child = entry("TABLE", "c", "CREATE TABLE public.c (\n    extra integer\n)\nINHERITS (public.t);")
    one = entry("TABLE DATA", "c", 'COPY public.c (id, extra, "n,""a") FROM stdin;\n1\t2\t3\n4\t5\t6\n\\.', data=True)
    two = entry("TABLE DATA", "c", 'COPY public.c ("n,""a", id, extra) FROM stdin;\n6\t4\t5\n3\t1\t2\n\\.', data=True)
    assert not differences(read(child, one), read(child, two))
    assert differences(read(child, one), read(child, two.replace(b"6\t4", b"4\t6"))) == [
        'table "public.c": at least 1 row differs'
    ]


def test_large_objects_may_be_written_in_other_pieces():
    made = entry("BLOB", "7", "SELECT pg_catalog.lo_create('7');", schema="-")
    one, two = (
        entry(
            "BLOBS",
            "BLOBS",
            "BEGIN;\n\nSELECT pg_catalog.lo_open('7', 131072);\n"
            + "".join(f"SELECT pg_catalog.lowrite(0, '\\x{piece}');\n" for piece in pieces)
            + "SELECT pg_catalog.lo_close(0);\n\nCOMMIT;",
            schema="-",
        )
        for pieces in (("00ff01", "02"), ("00", "ff0102"))
    )
    assert not differences(read(made, one), read(made, two))
    assert differences(read(made, one), read(made, one.replace(b"02'", b"03'"))) == [
        "contents of large objects: at least 1 line differs"
    ]
    assert differences(read(made, one), read(one)) == ["large objects: 1 object is missing"]


def test_secrets_are_compared_but_never_shown():
    one, two = (
        entry("USER MAPPING", "u", f"CREATE USER MAPPING FOR u SERVER s OPTIONS (\n    password '{word}'\n);")
        for word in ("secret", "other")
    )
    assert "secret" not in read(one).to_json()
    assert differences(read(one), read(two)) == ['user mapping "public.u": at least 1 line differs']


def test_another_access_method_is_part_of_a_table():
    before, after = (f"SET default_table_access_method = {name};\n\n".encode() for name in ("columnar", "heap"))
    second = entry("TABLE", "u", "CREATE TABLE public.u (\n);")
    assert differences(read(TABLE, second), read(before, TABLE, after, second)) == [
        'table "public.t" differs: + USING columnar'
    ]


@pytest.mark.parametrize("size", [4, 7, 64])
def test_the_size_of_the_pieces_does_not_matter(monkeypatch: pytest.MonkeyPatch, size: int):
    child = entry("TABLE", "c", "CREATE TABLE public.c (\n    extra integer\n)\nINHERITS (public.t);")
    data = entry("TABLE DATA", "c", "COPY public.c (id, extra) FROM stdin;\n1\t2\n4\t5\n\\.", data=True)
    whole = read(TABLE, child, ROWS, data)
    monkeypatch.setattr(program, "_PIECE", size)
    assert read(TABLE, child, ROWS, data) == whole


def test_a_script_that_is_cut_is_refused():
    script = HEAD + TABLE + ROWS + END
    for length in range(0, len(script) - len(b"--\n\n\\unrestrict x\n\n") - 1, 3):
        with pytest.raises(VerificationFailed):
            Reader(io.BytesIO(script[:length])).read()
