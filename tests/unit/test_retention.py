"""Old backups go only when newer ones are proven, and never all of them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.catalog import Backup, BackupState, undocumented
from django_rclone.retention import leftovers, surplus

NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)


def backup(days: float, state: BackupState = BackupState.GOOD, backup_id: str = "") -> Backup:
    """A backup that was begun, and last written, so many days ago."""
    moment = NOW - timedelta(days=days)
    path = f"db/{days}-{state}"
    made = backup_id or (f"i{days}" if state is not BackupState.UNVERIFIED else "")
    return Backup(made, "default", path, moment, 1, state, undocumented(path, "default", 1), modified=moment)


backups = st.lists(
    st.builds(backup, st.integers(0, 1000), st.sampled_from(BackupState)), max_size=12, unique_by=lambda one: one.moment
)


@given(backups=backups, keep=st.integers(1, 15))
def test_as_many_as_asked_for_stay_and_among_them_the_newest_good_one(backups: list[Backup], keep: int) -> None:
    gone = surplus(backups, keep)
    countable = [one for one in backups if one.state in (BackupState.GOOD, BackupState.UNVERIFIED)]
    good = [one for one in backups if one.state is BackupState.GOOD]
    stay = [one for one in countable if one not in gone]
    assert len(stay) >= min(keep, len(countable))
    if not good:
        assert gone == []
        return
    newest = max(good, key=lambda one: one.moment)
    assert newest in stay
    # What stays is the newest, and the newest good one: no other is kept beyond what was asked for.
    assert len(stay) <= keep + 1
    assert all(one.moment < other.moment for one in gone for other in stay if other is not newest)


@given(backups=backups, keep=st.integers(1, 15))
def test_only_good_and_undocumented_ones_are_surplus_oldest_first(backups: list[Backup], keep: int) -> None:
    gone = surplus(backups, keep)
    assert {one.state for one in gone} <= {BackupState.GOOD, BackupState.UNVERIFIED}
    assert [one.moment for one in gone] == sorted(one.moment for one in gone)
    assert surplus([one for one in backups if one not in gone], keep) == []


@given(backups=backups, keep=st.integers(1, 15), order=st.randoms())
def test_the_order_of_the_listing_does_not_matter(backups: list[Backup], keep: int, order: object) -> None:
    shuffled = list(backups)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert surplus(shuffled, keep) == surplus(backups, keep)


def test_the_newest_good_one_stays_also_behind_many_undocumented_ones() -> None:
    good = backup(9)
    undocumented_ones = [backup(days, BackupState.UNVERIFIED) for days in (1, 2, 3, 4)]
    assert surplus([good, *undocumented_ones], 2) == [undocumented_ones[3], undocumented_ones[2]]


def test_the_time_inside_counts_and_not_when_the_file_was_written() -> None:
    old = dataclasses.replace(backup(9), modified=NOW)
    new = dataclasses.replace(backup(1), modified=NOW - timedelta(days=100))
    assert surplus([old, new], 1) == [old]


@pytest.mark.parametrize("keep", [0, -1])
def test_keeping_none_is_refused(keep: int) -> None:
    with pytest.raises(ValueError, match="keep must be 1 or more"):
        surplus([backup(1)], keep)


@given(backups=backups, timeout=st.none() | st.integers(1, 10**7))
def test_only_what_no_run_can_be_writing_is_left_over(backups: list[Backup], timeout: float | None) -> None:
    found = leftovers(backups, NOW, timeout)
    assert {one.state for one in found} <= {BackupState.ORPHAN, BackupState.PARTIAL}
    for one in backups:
        old = NOW - one.modified > max(timedelta(hours=24), timedelta(seconds=timeout or 0))
        damaged = {other.id for other in backups if other.state is BackupState.DAMAGED}
        assert (one in found) == (
            old and one.state in (BackupState.ORPHAN, BackupState.PARTIAL) and one.id not in damaged
        )


def test_a_day_must_have_passed_and_the_longest_run_too() -> None:
    orphan = backup(1.01, BackupState.ORPHAN)
    assert leftovers([orphan], NOW, None) == [orphan]
    assert leftovers([backup(0.99, BackupState.ORPHAN)], NOW, None) == []
    assert leftovers([orphan], NOW, 2 * 86400) == []


def test_an_object_whose_manifest_cannot_be_read_is_no_left_over() -> None:
    # A newer django-rclone shares the remote, say: its objects must not be swept.
    unread, its_object = backup(9, BackupState.DAMAGED, "k3f9q2"), backup(9, BackupState.ORPHAN, "k3f9q2")
    assert leftovers([unread, its_object], NOW, None) == []


@given(
    backups=st.lists(
        st.builds(backup, st.integers(-400, 400), st.sampled_from(BackupState)),
        max_size=12,
        unique_by=lambda one: one.moment,
    ),
    keep=st.integers(1, 5),
    made=st.integers(0, 11),
)
def test_what_is_dated_after_now_makes_nothing_go_and_this_runs_own_stays(
    backups: list[Backup], keep: int, made: int
) -> None:
    own = backups[made].id if made < len(backups) and backups[made].state is BackupState.GOOD else ""
    gone = surplus(backups, keep, now=NOW, new_id=own)
    timely = [one for one in backups if one.moment <= NOW + timedelta(hours=1)]
    assert gone == surplus(timely, keep, now=NOW, new_id=own)
    assert not [one for one in gone if one.moment > NOW or (own and one.id == own)]
    countable = [one for one in timely if one.state in (BackupState.GOOD, BackupState.UNVERIFIED)]
    assert len([one for one in countable if one not in gone]) >= min(keep, len(countable))


def test_a_clock_that_was_ahead_keeps_no_new_backup_from_staying() -> None:
    ahead = [backup(-days) for days in (300, 301)]
    ours = [backup(days, backup_id=f"good{days:02}") for days in (0, 1, 2)]
    assert [one.id for one in surplus([*ahead, *ours], 2, now=NOW, new_id="good00")] == ["good02"]


def test_a_clock_that_is_behind_removes_nothing_that_it_cannot_judge() -> None:
    theirs, own = [backup(days) for days in (1, 2, 3)], backup(9999, backup_id="k3f9q2")
    assert surplus([*theirs, own], 1, now=own.moment, new_id="k3f9q2") == []
    assert surplus([*theirs, own], 1, now=NOW, new_id="k3f9q2") == [theirs[2], theirs[1]]


@pytest.mark.parametrize("timeout", [1e15, 1e300, float("inf"), 1e11])
def test_with_no_bound_on_a_run_nothing_is_left_over(timeout: float) -> None:
    assert leftovers([backup(1000, BackupState.ORPHAN)], NOW, timeout) == []
