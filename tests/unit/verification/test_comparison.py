"""Differences between two fingerprints are named, each of them, in words that a person understands."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.exceptions import DjangoRcloneError
from django_rclone.verification import fingerprint as fingerprints
from django_rclone.verification.comparison import differences
from django_rclone.verification.fingerprint import LARGEST_SCHEMA, Builder, Fingerprint, parse

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


def made(
    objects: dict[tuple[str, str], list[str]] | None = None,
    values: dict[tuple[str, str], str] | None = None,
    rows: dict[tuple[str, str], list[bytes]] | None = None,
) -> Fingerprint:
    builder = Builder()
    for (kind, name), lines in (objects or {}).items():
        builder.object(kind, name, *lines)
    for (kind, name), value in (values or {}).items():
        builder.value(kind, name, value)
    for (kind, name), contents in (rows or {}).items():
        hashed = builder.rows(kind, name)
        for row in contents:
            hashed.add(row)
    return builder.finish()


ORDERS = ("table", "shop_order")


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        ([b"1", b"2", b"3"], [b"3"], 'table "shop_order": 2 rows are missing'),
        ([b"1", b"2"], [b"2"], 'table "shop_order": 1 row is missing'),
        ([b"1"], [b"1", b"1"], 'table "shop_order": 1 row is not in the backup'),
        ([b"1"], [b"2"], 'table "shop_order": at least 1 row differs'),
        ([b"1", b"2"], [b"3", b"4"], 'table "shop_order": at least 2 rows differ'),
        ([b"1", b"2", b"3"], [b"1", b"4"], 'table "shop_order": 1 row is missing, and at least 1 other row differs'),
        ([b"1"] * 1200, [], 'table "shop_order": 1,200 rows are missing'),
    ],
)
def test_rows_are_counted(before: list[bytes], now: list[bytes], sentence: str):
    assert differences(made(rows={ORDERS: before}), made(rows={ORDERS: now})) == [sentence]


def test_documents_large_objects_and_lines_have_their_own_names():
    before = made(rows={("collection", "a"): [b"1"], ("large objects", ""): [b"1"], ("server", "s"): [b"1"]})
    now = made(rows={("collection", "a"): [], ("large objects", ""): [b"2"], ("server", "s"): [b"2"]})
    assert differences(before, now) == [
        'collection "a": 1 document is missing',
        "large objects: at least 1 object differs",
        'server "s": at least 1 line differs',
    ]


def test_objects_are_missing_added_or_different():
    before = made({("index", "x"): ["one"], ("trigger", "z"): ["a", "line", "c"], ("view", "v"): ["select 1"]})
    now = made({("index", "y"): ["one"], ("trigger", "z"): ["a", "other", "c"], ("view", "v"): ["select 1"]})
    assert differences(before, now) == [
        'index "x" is missing',
        'index "y" is not in the backup',
        'trigger "z" differs: - line + other',
    ]


def test_values_are_shown_with_the_old_one():
    before = made(values={("sequence", "y"): "42", ("sequence", "gone"): "1"})
    now = made(values={("sequence", "y"): "41", ("sequence", "later"): "7"})
    assert differences(before, now) == [
        'sequence "gone": value 1 is missing',
        'sequence "later": value 7 is not in the backup',
        'sequence "y": value 41, was 42',
    ]


def test_the_place_that_differs_is_shown_of_a_long_line():
    old = "select " + "a, " * 500 + "b from t"
    (found,) = differences(made({("view", "v"): [old]}), made({("view", "v"): [old.replace("b from", "changed from")]}))
    assert "b from t" in found
    assert "changed from t" in found
    assert len(found) < 500


def test_many_different_lines_are_cut():
    (found,) = differences(
        made({("table", "t"): [f"old {number}" for number in range(50)]}),
        made({("table", "t"): [f"new {number}" for number in range(50)]}),
    )
    assert found.endswith(" and more")
    assert len(found) < 1500


def test_a_definition_of_many_lines_is_compared_quickly():
    lines = [f"value {number % 7}" for number in range(200_000)]
    (found,) = differences(
        made({("type", "t"): lines}), made({("type", "t"): [*lines[:150_000], "odd", *lines[150_001:]]})
    )
    assert found == 'type "t" differs: - value 4 + odd'


def test_names_cannot_break_the_line():
    (found,) = differences(made({("table", "a\n\x1b[31m\udcff"): ["x"]}), made())
    assert found == 'table "a\\n\\x1b[31m\\udcff" is missing'


@given(
    st.dictionaries(st.tuples(NAMES, NAMES), st.lists(NAMES, max_size=3), max_size=5),
    st.dictionaries(st.tuples(NAMES, NAMES), NAMES, max_size=5),
    st.dictionaries(st.tuples(NAMES, NAMES), st.lists(st.binary(max_size=3), max_size=5), max_size=5),
)
def test_a_fingerprint_equals_itself_and_comes_back_from_json(objects, values, rows):
    found = made(objects, values, rows)
    assert differences(found, found) == []
    assert parse(found.to_json()) == found
    assert "\n" not in found.to_json()
    backwards = made(
        *(dict(reversed(part.items())) for part in (objects, values)), {key: rows[key][::-1] for key in reversed(rows)}
    )
    assert differences(found, backwards) == []


@given(
    st.dictionaries(st.tuples(NAMES, NAMES), st.lists(NAMES, min_size=1, max_size=3), min_size=1, max_size=5),
    st.data(),
)
def test_each_single_edit_of_an_object_is_named(objects, data):
    key = data.draw(st.sampled_from(sorted(objects)))
    index = data.draw(st.integers(0, len(objects[key]) - 1))
    lines = objects[key]
    for edited in (
        {other: lines for other, lines in objects.items() if other != key},
        {**objects, key: lines[:index] + lines[index + 1 :]},
        {**objects, key: [*lines[:index], lines[index] + "1", *lines[index + 1 :]]},
        {**objects, key: [*lines, "more"]},
    ):
        (found,) = differences(made(objects), made(edited))
        assert found.startswith(key[0])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"objects": [[1]], "values": [], "rows": [], "notes": []}'])
def test_what_is_no_fingerprint_is_refused(text: str):
    with pytest.raises(DjangoRcloneError, match="cannot be read"):
        parse(text)


def test_undecodable_names_travel_between_processes():
    found = made({("table", "caf\udce9"): ["\udcff"]})
    assert json.loads(found.to_json())
    assert parse(found.to_json().encode("ascii")) == found


def test_a_schema_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fingerprints, "LARGEST_SCHEMA", 10_000)
    with pytest.raises(DjangoRcloneError, match="too large to be compared"):
        made({("table", f"t{number}"): ["x" * 100] for number in range(1000)})
    assert LARGEST_SCHEMA == 64 << 20
