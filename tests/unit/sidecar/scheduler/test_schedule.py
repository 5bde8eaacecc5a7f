"""Slots, delays, and when a database is overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone_sidecar.scheduler.schedule import Schedule, delay, overdue_after

ZONES = {
    # zone: the night of 2026 in which its clock is set forward, and the one in which it is set back
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-10-04", "2026-04-05"),  # by half an hour
}


def midnight(night: str, zone: str) -> datetime:
    return datetime.fromisoformat(night).replace(tzinfo=ZoneInfo(zone))


expressions = st.sampled_from(
    (
        *("30 2 * * *", "15 1 * * *", "45 1 * * *", "30 1-3 * * *", "@daily", "5 2,14 * * 1-5", "0 3 * * 0"),
        *("@hourly", "*/20 * * * *", "0 */6 * * *", "* * * * *", "0 0 1 * *", "59 23 31 12 *", "0 2 29 2 *"),
    )
)
schedules = st.builds(Schedule, expressions, st.sampled_from([*ZONES, "UTC", "Asia/Kathmandu"]).map(ZoneInfo))
changes = [midnight(night, zone).astimezone(UTC) for zone, nights in ZONES.items() for night in nights]
moments = st.one_of(
    st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    # Two days around a change of some clock, to the second.
    st.builds(
        lambda night, seconds: night + timedelta(seconds=seconds),
        st.sampled_from(changes),
        st.integers(-86_400, 86_400),
    ),
)


def slots(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    found = []
    slot = schedule.after(start)
    while slot < end:
        found.append(slot)
        slot = schedule.after(slot)
    return found


@pytest.mark.parametrize("clock", ["00:10", "01:15", "01:45", "02:05", "02:15", "02:30", "02:59", "03:00"])
@pytest.mark.parametrize("change", [0, 1], ids=["forward", "back"])
@pytest.mark.parametrize("zone", ZONES)
def test_a_daily_slot_comes_once_a_day_also_when_a_clock_is_changed(zone: str, change: int, clock: str):
    hour, minute = map(int, clock.split(":"))
    schedule = Schedule(f"{minute} {hour} * * *", ZoneInfo(zone))
    night = midnight(ZONES[zone][change], zone)
    around = [night + timedelta(days=days, hours=12) for days in range(-3, 3)]
    for noon, next_noon in pairwise(around):
        found = slots(schedule, noon.astimezone(UTC), next_noon.astimezone(UTC))
        assert len(found) == 1, (noon, found)


@pytest.mark.parametrize("zone", ZONES)
def test_a_slot_inside_the_gap_comes_right_after_it(zone: str):
    night = midnight(ZONES[zone][0], zone)
    gap = (night + timedelta(hours=2)).astimezone(UTC)  # what would be two o'clock is the end of the gap
    assert Schedule("15 2 * * *", ZoneInfo(zone)).after(gap - timedelta(minutes=1)) == gap


@pytest.mark.parametrize("zone", ZONES)
def test_a_star_goes_by_elapsed_time(zone: str):
    for night in ZONES[zone]:
        start = midnight(night, zone).astimezone(UTC)
        found = slots(Schedule("*/10 * * * *", ZoneInfo(zone)), start, start + timedelta(hours=6))
        assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=10)}


@given(schedules, moments)
def test_the_next_slot_is_later(schedule: Schedule, moment: datetime):
    slot = schedule.after(moment)
    assert slot > moment
    assert slot.tzinfo is UTC


@given(schedules, moments, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_later_moments_have_no_earlier_slot(schedule: Schedule, moment: datetime, later: timedelta):
    assert schedule.after(moment) <= schedule.after(moment + later)


@given(schedules, moments)
def test_the_last_slot_is_none_that_is_still_to_come_and_the_one_before_the_next(schedule: Schedule, moment: datetime):
    slot = schedule.at_or_before(moment)
    assert slot <= moment
    assert schedule.after(slot) > moment
    assert schedule.after(slot) == schedule.after(moment)


@given(schedules, moments, st.lists(st.timedeltas(timedelta(0), timedelta(hours=9)), min_size=1, max_size=5))
def test_checks_at_any_intervals_meet_every_slot_once(schedule: Schedule, start: datetime, steps: list[timedelta]):
    met = []
    looked = start
    for step in steps:
        now = looked + step
        met += slots(schedule, looked, now + timedelta(microseconds=1))
        looked = now
    assert met == slots(schedule, start, looked + timedelta(microseconds=1))


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *", "@never", "0 25 * * *", "a b c d e"]
)
def test_what_names_no_moment_is_refused(expression: str):
    with pytest.raises(ValueError, match=r"."):
        Schedule(expression, ZoneInfo("UTC"))


@pytest.mark.parametrize("jitter", [0, 1, 900, 86_400])
def test_a_delay_is_always_the_same_and_within_its_bound(jitter: float):
    for number in range(50):
        found = delay(f"site default server/{number}", jitter)
        assert found == delay(f"site default server/{number}", jitter)
        assert timedelta(0) <= found <= timedelta(seconds=jitter)


def test_delays_are_spread():
    tenths = [int(delay(f"site default server/{number}", 900) / timedelta(seconds=90)) for number in range(1000)]
    assert all(60 < tenths.count(tenth) < 140 for tenth in range(10))


def test_a_delay_is_the_same_after_every_update():
    assert delay("site default postgresql app@db:5432/app", 900) == timedelta(seconds=384)


@pytest.mark.parametrize(
    ("expression", "newest", "expected"),
    [
        ("0 3 * * *", "2026-06-01T03:00:05+00:00", "2026-06-02T09:00:00+00:00"),  # at most six hours after the slot
        ("0 * * * *", "2026-06-01T03:00:05+00:00", "2026-06-01T04:30:00+00:00"),  # at most half the time to the next
        ("0 3 * * *", "2026-06-01T02:59:59+00:00", "2026-06-01T09:00:00+00:00"),
    ],
)
def test_overdue_is_counted_from_the_slot_that_the_newest_backup_did_not_serve(
    expression: str, newest: str, expected: str
):
    schedule = Schedule(expression, ZoneInfo("UTC"))
    started, due = datetime.fromisoformat(newest), datetime.fromisoformat(expected)
    assert overdue_after(started, schedule, timedelta(0)) == due
    assert overdue_after(started, schedule, timedelta(minutes=7)) == due + timedelta(minutes=7)
