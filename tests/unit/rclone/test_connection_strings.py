"""rclone's connection strings are parsed as rclone parses them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.rclone.connection_strings import ConnectionString, parse, upstreams, without_path

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=":/,"), min_size=1, max_size=20)
keys = st.from_regex(r"[A-Za-z0-9_.]+", fullmatch=True)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text(""":,'"=/ a""", max_size=8)
paths = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def quoted(value: str, quote: str) -> str:
    return quote + value.replace(quote, quote * 2) + quote


@given(
    name=names,
    inline=st.booleans(),
    options=st.dictionaries(keys, values, max_size=4),
    path=paths,
    quote=st.sampled_from(["'", '"']),
)
def test_what_is_written_is_parsed(name: str, inline: bool, options: dict[str, str], path: str, quote: str) -> None:
    written = "".join(f",{key}={quoted(value, quote)}" for key, value in options.items())
    head = f"{':' if inline else ''}{name}{written}:"
    found = parse(head + path)
    assert found == ConnectionString(name, inline, options, path)
    assert found.remote == f":{name}" if inline else name
    assert without_path(head + path) == head


@given(text=st.text() | st.text(""":,'"=/ab""", max_size=12))
def test_a_string_is_a_local_path_or_ends_with_its_path(text: str) -> None:
    found = parse(text)
    if found is None:
        assert without_path(text) == text
    else:
        assert without_path(text) + found.path == text


# Tried with rclone 1.75 (``rclone lsf STRING -vv`` shows the value of ``remote``).
@pytest.mark.parametrize(
    ("text", "options"),
    [
        (""":alias,remote="x'y":""", {"remote": "x'y"}),
        (":alias,remote='a''b':", {"remote": "a'b"}),
        (""":alias,remote=a"b:""", {"remote": 'a"b'}),
        (":alias,remote=a=b:", {"remote": "a=b"}),
        (':alias,remote="a,b:c/d""e":p', {"remote": 'a,b:c/d"e'}),
        (':alias,remote= "ab":p', {"remote": ' "ab"'}),
        (":local,copy_links:/tmp", {"copy_links": "true"}),
        (":local,copy_links=:/tmp", {"copy_links": ""}),
        (":local,Copy_Links:/tmp", {"Copy_Links": "true"}),
    ],
)
def test_values_are_read_as_rclone_reads_them(text: str, options: dict[str, str]) -> None:
    found = parse(text)
    assert found is not None
    assert found.options == options


@pytest.mark.parametrize("text", ["/backups", "backups/x", "/srv/a:b", "", ":", ":/x", 'x,a="b:c'])
def test_other_strings_are_local_paths(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("root", "backend"),
    [
        ("s3:bucket/site", "s3:"),
        ("/backups", "/backups"),
        ("backups/x", "backups/x"),
        (":s3,endpoint='http://h:9000':bucket/a:b", ":s3,endpoint='http://h:9000':"),
        (':sftp,host="h:22",user=u:path', ':sftp,host="h:22",user=u:'),
        (":memory:", ":memory:"),
        ("my remote:a/b", "my remote:"),
        ("/srv/a:b", "/srv/a:b"),
    ],
)
def test_a_backend_is_asked_without_the_path(root: str, backend: str) -> None:
    assert without_path(root) == backend


@pytest.mark.parametrize(
    ("backend", "value", "expected"),
    [
        ("union", '/elsewhere "my remote:u:ro" s3:b', ["/elsewhere", "my remote:u", "s3:b"]),
        ("combine", '"a=:memory:" b=here:', [":memory:", "here:"]),
        ("union", 'a: "b:', ["a:", '"b:']),
        ("union", "", []),
    ],
)
def test_upstreams_are_the_remotes_in_the_option(backend: str, value: str, expected: list[str]) -> None:
    assert list(upstreams(backend, value)) == expected
