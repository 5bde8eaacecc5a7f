"""The hash of rows does not depend on their order, and sees every change."""

from __future__ import annotations

import random
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from django_rclone.verification.rows import BUCKETS, RowDifference, RowHash, Rows, new_hash

some_rows = st.lists(st.binary(max_size=12), max_size=300)


def rows_of(rows: Iterable[bytes]) -> Rows:
    hashed = RowHash()
    for row in rows:
        hashed.add(row)
    return hashed.finish()


@given(some_rows, st.randoms())
def test_the_order_of_rows_never_matters(rows: list[bytes], source: random.Random):
    shuffled = list(rows)
    source.shuffle(shuffled)
    assert rows_of(shuffled) == rows_of(rows)
    assert not rows_of(rows).compare(rows_of(shuffled))


@given(some_rows, st.binary(max_size=12), st.data())
def test_each_lost_added_or_changed_row_is_found(rows: list[bytes], row: bytes, data: st.DataObject):
    whole = [*rows, row]
    index = data.draw(st.integers(0, len(rows)))
    lost = whole[:index] + whole[index + 1 :]
    assert rows_of(whole).compare(rows_of(lost)) == RowDifference(1, 0, 0)
    assert rows_of(lost).compare(rows_of(whole)) == RowDifference(0, 1, 0)
    changed = [*lost, whole[index] + b"x"]
    assert rows_of(whole).compare(rows_of(changed)) == RowDifference(0, 0, 1)


@given(st.sets(st.binary(min_size=1, max_size=8), min_size=1), st.integers(1, 5))
def test_duplicates_count(rows: set[bytes], times: int):
    whole = sorted(rows)
    assert rows_of(whole).compare(rows_of([*whole, *[whole[0]] * times])) == RowDifference(0, times, 0)


@given(st.integers(0, 400), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_counts_are_exact_and_changes_are_never_exaggerated(same: int, missing: int, added: int, changed: int):
    def made(kind: str, number: int) -> list[bytes]:
        return [f"{kind} {index}".encode() for index in range(number)]

    before = rows_of([*made("same", same), *made("missing", missing), *made("before", changed)])
    now = rows_of([*made("same", same), *made("added", added), *made("now", changed)])
    difference = before.compare(now)
    assert difference.missing == max(missing - added, 0)
    assert difference.added == max(added - missing, 0)
    assert difference.changed <= changed + min(missing, added)
    assert bool(difference) == bool(missing or added or changed)


def test_many_changes_are_many():
    before, now = (rows_of(f"{kind} {number}".encode() for number in range(1000)) for kind in ("a", "b"))
    assert BUCKETS // 2 <= before.compare(now).changed <= 1000


@given(some_rows)
def test_they_come_back_from_json(rows: list[bytes]):
    found = rows_of(rows)
    assert found.count == len(rows)
    assert Rows.from_json(found.to_json()) == found


@given(st.binary(), st.integers(0, 20))
def test_a_row_that_arrives_in_pieces_is_the_same_row(row: bytes, cut: int):
    digest = new_hash(row[:cut])
    digest.update(row[cut:])
    hashed = RowHash()
    hashed.add_hash(digest.digest())
    assert hashed.finish() == rows_of([row])
