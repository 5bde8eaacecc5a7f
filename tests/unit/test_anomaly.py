"""A backup that is far from those before it is unusual; growth, noise and clean-ups are not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench import anomaly as simulated
from django_rclone.anomaly import FEWEST_BACKUPS, HISTORY, of_newest, problem
from django_rclone.layout.manifest import Manifest, StoredObject

START = datetime(2026, 1, 1, 3, 15, tzinfo=UTC)
MB = 10**6


def backup(
    number: int, size: int, tables: Mapping[str, int] | None = None, raw: int | None = None, **about: Any
) -> Manifest:
    """The backup of a day."""
    moment = START + timedelta(days=number)
    defaults = {"project": "shop", "database": "default", "engine": "mysql", "name": "shop", "server_version": "11.8"}
    return Manifest(
        **{**defaults, "format": "sql", "compression": "zstd:3", "client": "", "consistency": "snapshot", **about},
        id=f"{number:06}",
        point="",
        objects=(StoredObject(f"db/{number}", size, "0" * 64, raw),),
        started_at=moment,
        finished_at=moment,
        tables=tables or {},
    )


def sized(sizes: Sequence[int]) -> str:
    """Returns the problem of the last of backups of these sizes."""
    return of_newest([backup(number, size) for number, size in enumerate(sizes)])


def counted(counts: Sequence[Mapping[str, int]], **about: Any) -> str:
    """Returns the problem of the last of backups with these row counts, whose sizes are all the same."""
    return of_newest([backup(number, MB, tables, **about) for number, tables in enumerate(counts)])


sizes = st.integers(0, 1 << 50)
histories = st.lists(sizes, min_size=FEWEST_BACKUPS, max_size=HISTORY)


# The function


@given(st.lists(sizes, max_size=FEWEST_BACKUPS))
def test_without_enough_earlier_backups_there_is_no_verdict(few: list[int]) -> None:
    assert sized(few) == ""


@given(histories, sizes, st.randoms())
def test_the_order_in_which_they_are_given_does_not_count(before: list[int], size: int, chance: Any) -> None:
    backups = [backup(number, one) for number, one in enumerate([*before, size])]
    newest, shuffled = backups[-1], chance.sample(backups, len(backups))
    assert problem(newest, shuffled) == problem(newest, backups) == of_newest(shuffled)


@given(histories, sizes, st.lists(sizes, max_size=5), st.lists(sizes, max_size=5))
def test_only_the_last_ten_before_it_count(before: list[int], size: int, older: list[int], newer: list[int]) -> None:
    assume(len(before) == HISTORY or not older)
    every = [backup(number, one) for number, one in enumerate([*older, *before, size, *newer])]
    assert problem(every[len(older) + len(before)], every) == sized([*before, size])


@given(histories, sizes, sizes)
def test_what_is_unusual_stays_so_further_away(before: list[int], one: int, other: int) -> None:
    nearer, further = sorted((one, other), key=lambda size: abs(size - sorted(before)[len(before) // 2]))
    assume((nearer < min(before)) == (further < min(before)) and (nearer > max(before)) == (further > max(before)))
    if sized([*before, nearer]):
        assert sized([*before, further])


@given(st.integers(1, 1 << 49), st.lists(st.floats(1, 2), min_size=FEWEST_BACKUPS, max_size=HISTORY), st.floats(1, 2))
def test_what_varies_by_a_factor_of_two_is_never_unusual(least: int, before: list[float], newest: float) -> None:
    assert sized([round(least * factor) for factor in (*before, newest)]) == ""


@given(st.floats(1, 6), st.integers(FEWEST_BACKUPS, 3 * HISTORY), st.integers(100_000, 10**9))
def test_growth_at_any_constant_rate_is_never_unusual(rate: float, days: int, first: int) -> None:
    assert sized([round(first * rate**day) for day in range(days + 1)]) == ""


@given(st.integers(10 * MB, 10**12), st.integers(HISTORY, 20), st.floats(0.0, 0.4) | st.floats(4, 1000))
def test_after_five_backups_of_a_new_size_it_is_normal(size: int, before: int, factor: float) -> None:
    said = [sized([size] * before + [round(size * factor)] * number) != "" for number in range(1, 9)]
    assert said == [True] * 5 + [False] * 3


@given(histories, sizes)
def test_a_normal_one_ends_it(before: list[int], size: int) -> None:
    middle = sorted(before)[len(before) // 2]
    assert sized([*before, size, middle]) == "" or not before.count(middle) > len(before) / 2


def test_a_size_that_was_left_again_is_known() -> None:
    week = [500 * MB] * 6 + [50 * MB]
    assert sized(week) != ""
    assert sized(week * 2) == ""
    assert sized([*week, *week[:-1], 35 * MB]) != ""


# What is compared


@pytest.mark.parametrize(
    "other",
    [
        {"project": "blog"},
        {"database": "reports"},
        {"name": "shop2"},
        {"engine": "postgresql"},
        {"format": "file"},
        {"compression": "zstd:19"},
        {"compression": "gzip:3"},
        {"project": "", "source": "db2"},
    ],
)
def test_only_backups_of_one_owner_format_and_compression_are_compared(other: dict[str, str]) -> None:
    ours = {"project": "", "source": "db1"} if "source" in other else {}
    before = [backup(number, 100 * MB, **ours) for number in range(9)]
    assert problem(backup(9, MB, **ours), before) != ""
    assert problem(backup(9, MB, **other), before) == ""


def test_the_server_of_a_named_project_may_be_another() -> None:
    before = [backup(number, 100 * MB, source="db1") for number in range(9)]
    assert problem(backup(9, MB, source="db2"), before) != ""


def test_the_finding_has_the_numbers() -> None:
    before = [backup(number, 248 * MB + number) for number in range(7)]
    assert problem(backup(9, MB), before) == "its size is 1.0 MB (median of the 7 backups before it: 248.0 MB)"


def test_the_size_before_compression_counts_where_it_is_known() -> None:
    before = [backup(number, 10 * MB, raw=100 * MB) for number in range(9)]
    found = "its size before compression is 20.0 MB (median of the 9 backups before it: 100.0 MB)"
    assert problem(backup(9, 9 * MB, raw=20 * MB), before) == found
    assert problem(backup(9, 9 * MB), before) == ""


def test_of_small_databases_neither_shrinking_nor_growth_is_told() -> None:
    assert sized([60_000] * 9 + [1000]) == ""
    assert sized([70_000] * 9 + [1000]) != ""
    assert sized([900_000] * 9 + [10**10]) == ""
    assert sized([2 * MB] * 9 + [10**10]) != ""


# Row counts


def test_fewer_and_more_rows_are_told() -> None:
    before = [{"order": 90_000, "user": 10_000}] * 9
    found = "it has 30,000 rows (median of the 9 backups before it: 100,000)"
    assert counted([*before, {"order": 27_000, "user": 3000}]) == found
    assert counted([*before, {"order": 300_000, "user": 10_000}]) != ""
    assert counted([*before, {"order": 40_000, "user": 5000}]) == ""


def test_an_emptied_table_is_told_by_name() -> None:
    before = [{"order": 900_000, "shop.user": 5000 + number} for number in range(9)]
    found = "tables that had rows are empty or nearly empty: shop.user (0 rows, before at least 5,000)"
    assert counted([*before, {"order": 900_000, "shop.user": 0}]) == found
    assert counted([*before, {"order": 900_000, "shop.user": 49}]) != ""
    assert counted([*before, {"order": 900_000, "shop.user": 51}]) == ""
    assert counted([*before, {"order": 900_000}]) == ""  # dropped
    assert counted([*before[:4], {"order": 900_000, "shop.user": 99}, *before[:4], {"shop.user": 0}]).count("user") == 0


def test_after_five_backups_with_an_emptied_table_that_is_normal() -> None:
    filled, emptied = {"order": 900_000, "user": 5000}, {"order": 900_000, "user": 0}
    said = [counted([filled] * 10 + [emptied] * number) != "" for number in range(1, 9)]
    assert said == [True] * 5 + [False] * 3
    assert counted([filled] * 10 + [emptied, filled]) == ""


def test_names_of_tables_are_one_line() -> None:
    assert "a\\nb (0 rows" in counted([{"a\nb": 1000}] * 9 + [{"a\nb": 0}])


def test_sessions_are_not_counted() -> None:
    before = [{"order": 9000, "django_session": 10**6, "public.django_session": 10**6}] * 9
    assert counted([*before, {"order": 9000, "django_session": 0, "public.django_session": 0}]) == ""


@pytest.mark.parametrize("other", [{"server_version": "12.0"}, {"row_counts": "exact"}])
def test_counts_of_another_kind_or_version_are_not_compared(other: dict[str, str]) -> None:
    before = [backup(number, MB, {"order": 90_000}) for number in range(9)]
    assert problem(backup(9, MB, {"order": 0}), before) != ""
    assert problem(backup(9, MB, {"order": 0}, **other), before) == ""
    assert problem(backup(9, 1000, {"order": 0}, **other), before) != ""  # the size is


def test_without_counts_only_the_size_is_judged() -> None:
    assert counted([{"order": 90_000}] * 9 + [{}]) == ""
    assert counted([{}] * 9 + [{"order": 0}]) == ""
    some = [backup(number, MB, {"order": 90_000} if number > 5 else {}) for number in range(9)]
    assert problem(backup(9, MB, {"order": 0}), some) == ""


def test_the_backups_are_left_as_they_are() -> None:
    before = [backup(number, 100 * MB) for number in range(9)]
    copies = [dataclasses.replace(one) for one in before]
    problem(backup(9, MB), before)
    assert before == copies
    assert of_newest([]) == ""


# Simulated years: `python -m bench.anomaly` prints the numbers

ALARMS = {"log table of four fifths, emptied every month": 60, "import of twice as much again, every 120 days": 15}
"""Ordinary histories with alarms, and the most in a year."""
MISSED = {"half of all rows deleted", "30 % of all rows deleted"}


@pytest.mark.parametrize("name", simulated.ORDINARY)
def test_a_year_of_ordinary_backups_raises_no_alarm(name: str) -> None:
    alarms = list(simulated.false_alarms(*simulated.ORDINARY[name], seed=1))
    assert len(alarms) <= ALARMS.get(name, 0), alarms[:3]


@pytest.mark.parametrize("name", [name for name in simulated.LOSSES if name not in MISSED])
@pytest.mark.parametrize("before", simulated.BEFORE_LOSS)
def test_a_loss_is_found_by_the_next_backup(name: str, before: str) -> None:
    assert simulated.is_found(*simulated.BEFORE_LOSS[before], simulated.LOSSES[name], seed=1)
