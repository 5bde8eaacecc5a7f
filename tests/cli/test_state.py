"""When backups are overdue and when the next one comes: every moment is passed in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from django_rclone_sidecar.monitoring.state import DatabaseState, MediaState, NewestBackup, OverallState, SchedulePolicy
from django_rclone_sidecar.scheduler.schedule import Schedule, delay

DAILY = Schedule("15 3 * * *", ZoneInfo("UTC"))
NEVER = SchedulePolicy(None)
WHO = " default postgresql db/app"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_without_any_backup_a_database_is_overdue():
    assert SchedulePolicy(DAILY).overdue(WHO, None, at(25, 4))
    assert NEVER.overdue(WHO, None, at(25, 4))
    assert SchedulePolicy(DAILY, max_age=timedelta(days=9)).overdue(WHO, None, at(25, 4))


@pytest.mark.parametrize(("now", "overdue"), [(at(25, 3, 14), False), (at(25, 9, 15), False), (at(25, 9, 16), True)])
def test_it_is_overdue_six_hours_after_the_slot_that_brought_none(now: datetime, overdue: bool):
    assert SchedulePolicy(DAILY).overdue(WHO, at(24, 3, 15), now) is overdue


@pytest.mark.parametrize(("hours", "overdue"), [(30, False), (31, True)])
def test_a_largest_age_that_is_given_wins_over_the_schedule(hours: int, overdue: bool):
    plan = SchedulePolicy(DAILY, max_age=timedelta(hours=30))
    newest = at(24, 3, 15)
    assert plan.overdue(WHO, newest, newest + timedelta(hours=hours)) is overdue


def test_without_schedule_and_largest_age_what_is_there_never_grows_too_old():
    assert not NEVER.overdue(WHO, at(1, 0), at(30, 0))
    assert SchedulePolicy(None, max_age=timedelta(days=1)).overdue(WHO, at(1, 0), at(30, 0))


def test_the_delay_of_a_database_moves_its_run_and_what_is_overdue():
    jitter = 3600
    later = delay(WHO, jitter)
    assert timedelta() < later < timedelta(hours=1)
    plan = SchedulePolicy(DAILY, jitter)
    assert plan.next_run(WHO, at(25, 3, 15)) == at(25, 3, 15) + later
    assert plan.next_run(WHO, at(25, 3, 15) + later) == at(26, 3, 15) + later
    limit = at(25, 9, 15) + later
    assert not plan.overdue(WHO, at(24, 3, 15) + later - timedelta(seconds=1), limit)
    assert plan.overdue(WHO, at(24, 3, 15), limit + timedelta(seconds=1))


def test_without_schedule_there_is_no_next_run():
    assert NEVER.next_run(WHO, at(25, 3)) is None


def test_problems_are_what_somebody_should_do_something_about():
    good = DatabaseState("good", "sqlite", "", newest=NewestBackup(at(25, 1), at(25, 2), 1, 1), overdue=False)
    bad = DatabaseState("bad", "sqlite", "", overdue=True, failing=True, error="the disk is full")
    state = OverallState(at(25, 3), databases=(good, bad), media=MediaState(failing=True, error="no folder"))
    assert state.problems == (
        'Database "bad": the last run failed: the disk is full',
        'Database "bad": there is no backup.',
        "Media files: the last run failed: no folder",
    )
    assert OverallState(at(25, 3), databases=(good,), media=MediaState()).problems == ()
