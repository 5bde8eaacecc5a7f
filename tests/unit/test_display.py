from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest

from django_rclone import display
from django_rclone.display import Progress


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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_at_a_terminal_is_one_line_that_is_cleared_in_the_end() -> None:
    clock, stream = iter([0.0, 10.0, 10.0, 20.0, 20.0]), Terminal()
    progress = Progress("dump", lambda: 5_000_000, 20_000_000, stream=stream, clock=lambda: next(clock))
    progress.tick()
    line = "dump: 5.0 MB, 500.0 kB/s, 25 % of about 20.0 MB, 30.0 s left"
    assert stream.getvalue() == "\r" + line
    progress.close()
    assert stream.getvalue().endswith("\r" + " " * len(line) + "\r")


def test_progress_elsewhere_is_a_line_now_and_then() -> None:
    now, stream = [0.0], io.StringIO()
    progress = Progress("dump", lambda: 1000, stream=stream, clock=lambda: now[0])
    for now[0] in (1.0, 29.0, 31.0, 40.0, 61.5):
        progress.tick()
    progress.close()
    assert stream.getvalue() == "dump: 1.0 kB, 32 B/s\ndump: 1.0 kB, 16 B/s\n"


def test_a_name_that_is_no_text_can_be_printed_and_stored() -> None:
    name = b"caf\xe9".decode(errors="surrogateescape")
    assert display.printable(name) == "caf\\udce9"
    assert json.loads(json.dumps(name, ensure_ascii=False).encode(errors="backslashreplace")) == name
