from __future__ import annotations

import json
from datetime import timedelta

import pytest

from django_rclone import display


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_550_000, "1.6 MB"), (2e9, "2.0 GB"), (3e15, "3000.0 TB")],
)
def test_sizes_are_decimal(count: float, text: str) -> None:
    assert display.size(count) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=23), "23 h"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_ages_are_in_their_largest_unit(span: timedelta, text: str) -> None:
    assert display.age(span) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.9, "59.9 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (7260, "2 h 01 min")],
)
def test_durations_read_easily(seconds: float, text: str) -> None:
    assert display.duration(seconds) == text


def test_tables_are_aligned_and_numbers_stand_right() -> None:
    assert display.table(("name", "size"), [("a", "1"), ("longer", "100")], right=(1,)) == [
        "name    size",
        "a          1",
        "longer   100",
    ]
    assert display.table(("a",), []) == ["a"]


def test_a_name_that_is_no_text_can_be_printed_and_stored() -> None:
    name = b"caf\xe9".decode(errors="surrogateescape")
    assert display.printable(name) == "caf\\udce9"
    assert json.loads(json.dumps(name, ensure_ascii=False).encode(errors="backslashreplace")) == name
