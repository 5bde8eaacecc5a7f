"""The scheduler, with a clock that the tests set."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from django_rclone_sidecar.scheduler.schedule import delay
from django_rclone_sidecar.scheduler.scheduler import TICK, Scheduler
from django_rclone_sidecar.scheduler.snapshot import DatabaseSnapshot, Snapshot, to_json
from django_rclone_sidecar.scheduler.timetable import SchedulerConfig

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LAST_SLOT = datetime(2026, 6, 1, 3, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{name: 1}) for name in ("seconds", "minutes", "hours", "days"))


@dataclass
class Program:
    """A child process of the scheduler: it ends after some time, or by a signal."""

    arguments: tuple[str, ...]
    started: datetime
    ends: datetime
    code: int
    deaf: bool = False
    """Whether it ignores SIGTERM."""
    returncode: int | None = None
    heard: list[int] = field(default_factory=list)
    printed: str = ""

    def signal(self, number: int) -> None:
        self.heard.append(number)
        if number == signal.SIGKILL:
            self.returncode = -number
        elif not self.deaf:
            self.returncode = 128 + number

    def output(self) -> str:
        return self.printed


@dataclass
class Stage:
    """A scheduler, its clock, and what its child processes do."""

    config: SchedulerConfig
    now: datetime = NOON
    aliases: list[str] = field(default_factory=lambda: ["default"])
    newest: datetime | None = NOON
    """When the newest backups were begun; a successful run sets it to its own start."""
    media: bool = False
    reached: bool = True
    takes: timedelta = 20 * SECOND
    codes: list[int] = field(default_factory=list)
    """Exit codes of the next runs; later ones succeed."""
    deaf: bool = False
    refresh_takes: timedelta = 2 * SECOND
    refresh_code: int = 0
    started: list[Program] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.config, self._start)

    @property
    def runs(self) -> list[Program]:
        return [program for program in self.started if program.arguments[0] not in ("refresh", "verify")]

    @property
    def verifications(self) -> list[Program]:
        return [program for program in self.started if program.arguments[0] == "verify"]

    @property
    def refreshes(self) -> list[Program]:
        return [program for program in self.started if program.arguments[0] == "refresh"]

    @property
    def begun(self) -> list[datetime]:
        """When runs were begun."""
        return [run.started for run in self.runs]

    def _start(self, arguments: tuple[str, ...]) -> Program:
        is_refresh = arguments[0] == "refresh"
        code = self.refresh_code if is_refresh else self.codes.pop(0) if self.codes else 0
        ends = self.now + (self.refresh_takes if is_refresh else self.takes)
        program = Program(arguments, self.now, ends, code, self.deaf)
        assert all(one.returncode is not None for one in self.started[-1:]), f"{arguments} overlaps"
        self.started.append(program)
        return program

    def play(self, time: timedelta) -> Stage:
        """Lets this much time pass. Steps are made when the scheduler asks for one, and when a child process ends."""
        end = self.now + time
        while self.scheduler.code is None:
            self._end_programs()
            pause = timedelta(seconds=self.scheduler.step(self.now))
            assert pause <= timedelta(seconds=TICK)
            self.steps += 1
            if self.started[-1].returncode is not None and self.scheduler.job is not None:
                continue  # the end of a child is a step
            running = [one for one in self.started[-1:] if one.returncode is None]
            wakes = min([self.now + pause, *(one.ends for one in running)])
            if wakes >= end:
                self.now = end
                break
            self.now = max(wakes, self.now)
        return self

    def to(self, moment: datetime) -> Stage:
        return self.play(moment - self.now)

    def _end_programs(self) -> None:
        for program in self.started[-1:]:
            if program.returncode is None and self.now >= program.ends:
                program.returncode = program.code
                if program.arguments[0] == "refresh":
                    program.printed = self._snapshot()
                elif program.code == 0 and program.arguments[0] != "verify":
                    self.newest = program.started

    def _snapshot(self) -> str:
        newest = self.newest if self.reached else None
        seen = [DatabaseSnapshot(alias, f"site {alias} server/{alias}", newest) for alias in self.aliases]
        return to_json(Snapshot("UTC", self.reached, self.media and self.reached, tuple(seen)))

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.scheduler.stop(number, self.now)


def stage(expression: str | None = "0 3 * * *", *, jitter: float = 0, grace: float = 5, **others: object) -> Stage:
    """Returns a stage with a schedule. ``others`` are further fields of the configuration and the stage."""
    names = {"zone", "on_start", "timeout", "verify", "verify_level"}
    config = SchedulerConfig(
        expression, jitter=jitter, grace=grace, **{n: others.pop(n) for n in names & others.keys()}
    )  # type: ignore[arg-type]
    return Stage(config, **others)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _log_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "django_rclone_sidecar.scheduler")


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[str], list[str]]:
    """Returns the function that gets the log messages of an event."""

    def of(event: str) -> list[str]:
        return [record.getMessage() for record in caplog.records if getattr(record, "event", "") == event]

    return of


# One run per slot.


def test_a_daily_slot_is_run_once_a_day():
    made = stage().play(3 * DAY)
    assert made.begun == [LAST_SLOT + days * DAY for days in range(1, 4)]
    assert {run.arguments for run in made.runs} == {("backup",)}


@pytest.mark.parametrize("evening", ["2026-03-28T18:00", "2026-10-24T18:00"], ids=["forward", "back"])
@pytest.mark.parametrize("expression", ["30 2 * * *", "15 2 * * *", "0 3 * * *", "30 1 * * *"])
def test_one_run_is_made_in_the_night_in_which_a_clock_is_changed(evening: str, expression: str):
    start = datetime.fromisoformat(evening).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    made = stage(expression, zone="Europe/Berlin", now=start, newest=start).play(18 * HOUR)
    assert len(made.runs) == 1


def test_the_time_zone_is_the_targets_unless_another_is_set():
    assert stage("0 15 * * *").play(6 * HOUR).begun == [NOON + 3 * HOUR]
    assert stage("0 15 * * *", zone="Europe/Berlin").play(6 * HOUR).begun == [NOON + HOUR]


def test_a_slot_that_passes_during_a_refresh_is_run_at_once():
    made = stage(refresh_takes=HOUR)
    made.play(2 * SECOND)
    made.refreshes[0].ends = made.now
    made.to(LAST_SLOT + DAY + 2 * SECOND)
    assert made.begun == [LAST_SLOT + DAY]
    assert made.refreshes[-1].heard == [signal.SIGTERM]


def test_a_refresh_that_ignores_the_stop_is_killed_and_the_run_made():
    made = stage("0 * * * *")
    made.play(MINUTE)
    made.refresh_takes, made.deaf = 50 * HOUR, True
    made.to(NOON + HOUR + 2 * MINUTE)
    assert made.refreshes[-2].heard == [signal.SIGTERM, signal.SIGKILL]
    assert made.begun == [NOON + HOUR + MINUTE]


def test_nothing_is_scheduled_with_off_but_what_others_do_is_watched(logged: Callable[[str], list[str]]):
    made = stage(None, newest=None).play(6 * HOUR)
    assert made.runs == []
    assert 34 < len(made.refreshes) < 38
    assert len(logged("schedule.off")) == 1


# Missed slots.


def test_a_missed_slot_is_caught_up_once(logged: Callable[[str], list[str]]):
    made = stage(newest=LAST_SLOT - DAY, takes=MINUTE).play(HOUR)
    assert made.begun == [NOON + 2 * SECOND]
    assert len(logged("schedule.missed")) == 1
    assert len(made.to(LAST_SLOT + DAY + HOUR).runs) == 2


def test_many_missed_slots_are_one_run():
    assert len(stage("* * * * *", newest=None, now=NOON + SECOND).play(50 * SECOND).runs) == 1


@pytest.mark.parametrize("newest", [LAST_SLOT, LAST_SLOT + SECOND, NOON])
def test_nothing_is_caught_up_where_the_last_slot_was_served(newest: datetime):
    assert stage(newest=newest).play(HOUR).runs == []


def test_a_failed_run_of_a_missed_slot_is_not_begun_again_and_again():
    assert len(stage(newest=None, codes=[1]).play(4 * HOUR).runs) == 1


def test_a_missed_slot_is_caught_up_when_the_remote_is_reached():
    made = stage(newest=LAST_SLOT - DAY, reached=False).play(HOUR)
    assert made.runs == []
    made.reached = True
    assert len(made.play(11 * MINUTE).runs) == 1
    assert len(made.play(HOUR).runs) == 1


def test_only_databases_that_missed_a_slot_are_caught_up():
    made = stage(aliases=["default", "logs"], media=True)
    made._snapshot = lambda: to_json(  # type: ignore[method-assign]
        Snapshot("UTC", True, True, (DatabaseSnapshot("default", "a", NOON), DatabaseSnapshot("logs", "b", None)))
    )
    assert [run.arguments for run in made.play(HOUR).runs] == [("backup", "-d", "logs")]


def test_media_files_are_caught_up_with_all_databases():
    made = stage(aliases=["default", "logs"], media=True, newest=None).play(HOUR)
    assert [run.arguments for run in made.runs] == [("backup",)]


def test_between_a_slot_and_its_delay_the_run_is_still_to_come_and_not_missed():
    delayed = delay("site default server/default", 3600)
    made = stage(jitter=3600, now=LAST_SLOT + delayed - MINUTE, newest=LAST_SLOT - DAY + delayed).play(DAY - HOUR)
    assert made.begun == [LAST_SLOT + delayed]


def test_where_nothing_is_known_and_the_remote_is_down_the_schedule_goes_on():
    made = stage("0 * * * *", reached=False, media=True).play(2 * HOUR + MINUTE)
    assert made.begun == [NOON + HOUR, NOON + 2 * HOUR]


def test_the_media_files_keep_their_slot_while_the_remote_is_down():
    made = stage("0 * * * *", jitter=1800, media=True).play(MINUTE)
    made.reached = False
    made.play(4 * HOUR)
    assert ("media-backup",) in {run.arguments for run in made.runs}


# No overlap.


def test_a_slot_that_comes_while_its_run_goes_on_is_left_out(logged: Callable[[str], list[str]]):
    made = stage("0 * * * *", takes=90 * MINUTE).play(4 * HOUR - SECOND)
    assert made.begun == [NOON + HOUR, NOON + 3 * HOUR]
    assert len(logged("schedule.skipped")) == 1


def test_a_run_that_finds_another_one_is_tried_again_each_minute():
    made = stage("0 14 * * *", codes=[4, 4, 4], takes=SECOND).play(4 * HOUR)
    first = NOON + 2 * HOUR
    assert made.begun == [first + tries * (MINUTE + SECOND) for tries in range(4)]


def test_a_run_that_could_not_reach_something_is_tried_again_but_not_for_ever():
    made = stage("0 14 * * *", codes=[75] * 9, takes=SECOND).play(DAY)
    first = NOON + 2 * HOUR
    assert made.begun == [first, first + 5 * MINUTE + SECOND, first + 35 * MINUTE + 2 * SECOND]
    assert len(made.play(DAY).runs) == 6


def test_a_slot_does_not_wait_for_the_time_to_try_again():
    made = stage("*/2 * * * *", codes=[75], takes=SECOND).play(5 * MINUTE)
    assert made.begun == [NOON + 2 * MINUTE, NOON + 4 * MINUTE]


@pytest.mark.parametrize("code", [1, 2, 3, 5, 143, -9])
def test_other_failures_wait_for_the_next_slot(code: int, logged: Callable[[str], list[str]]):
    made = stage("0 */2 * * *", codes=[code]).play(5 * HOUR)
    assert made.begun == [NOON + 2 * HOUR, NOON + 4 * HOUR]
    assert len(logged("run.killed")) == (code < 0)


def test_each_run_is_followed_by_a_refresh():
    made = stage(now=LAST_SLOT - HOUR, takes=MINUTE).to(LAST_SLOT + 2 * MINUTE)
    assert made.refreshes[-1].started == LAST_SLOT + MINUTE


# Jitter.


def test_each_database_has_its_own_delay():
    made = stage("0 14 * * *", jitter=3600, aliases=["a", "b", "c"], media=True, takes=SECOND).play(4 * HOUR)
    slot = NOON + 2 * HOUR
    expected = {
        slot + delay(f"site {alias} server/{alias}", 3600): ("backup", "-d", alias) for alias in ("a", "b", "c")
    } | {slot + delay("media", 3600): ("media-backup",)}
    assert {run.started: run.arguments for run in made.runs} == expected


def test_delays_do_not_change_when_the_scheduler_starts_again():
    assert stage("0 14 * * *", jitter=900).play(3 * HOUR).begun == stage("0 14 * * *", jitter=900).play(3 * HOUR).begun


# Deadline.


def test_a_run_beyond_its_deadline_is_ended_and_the_next_slot_runs(logged: Callable[[str], list[str]]):
    made = stage("0 * * * *", timeout=600, takes=5 * HOUR).play(HOUR + 16 * MINUTE)
    assert made.runs[0].heard == [signal.SIGTERM]
    assert len(logged("run.cancelled")) == 1
    assert made.play(HOUR).begun == [NOON + HOUR, NOON + 2 * HOUR]


def test_a_run_that_does_not_end_is_killed_a_minute_later():
    made = stage("0 * * * *", timeout=600, takes=50 * HOUR, deaf=True).to(NOON + HOUR + 15 * MINUTE + 59 * SECOND)
    assert made.runs[0].heard == [signal.SIGTERM]
    made.play(2 * SECOND)
    assert made.runs[0].heard == [signal.SIGTERM, signal.SIGKILL]
    assert len(made.play(HOUR).runs) == 2


def test_the_deadline_is_that_of_all_databases_of_the_run():
    made = stage("0 * * * *", timeout=600, takes=32 * MINUTE, aliases=["a", "b", "c"]).play(2 * HOUR - SECOND)
    assert made.runs[0].returncode == 0


# The start.


def test_a_run_at_the_start_is_made_where_it_is_wished():
    made = stage(on_start=True).play(HOUR)
    assert made.begun == [NOON + 2 * SECOND]
    assert stage().play(HOUR).runs == []


def test_a_run_at_the_start_and_a_missed_slot_are_one_run():
    assert len(stage(on_start=True, newest=None).play(HOUR).runs) == 1


def test_a_run_at_the_start_is_made_also_without_a_schedule():
    assert len(stage(None, on_start=True).play(HOUR).runs) == 1


@pytest.mark.parametrize(("code", "end"), [(2, 2), (1, 1), (-9, 1)])
def test_where_the_first_refresh_fails_the_scheduler_ends(code: int, end: int):
    assert stage(refresh_code=code).play(MINUTE).scheduler.code == end


def test_where_the_first_refresh_does_not_end_the_scheduler_ends_with_the_code_for_unreachable():
    assert stage(refresh_takes=DAY).play(HOUR).scheduler.code == 75


def test_where_a_later_refresh_fails_the_schedule_goes_on():
    made = stage("0 * * * *").play(MINUTE)
    made.refresh_code = 2
    assert len(made.play(3 * HOUR).runs) == 3


def test_output_that_cannot_be_parsed_is_logged_and_ends_a_scheduler_that_knows_nothing(
    logged: Callable[[str], list[str]],
):
    made = stage()
    made._snapshot = lambda: "[]"  # type: ignore[method-assign]
    assert made.play(MINUTE).scheduler.code == 1
    assert len(logged("refresh.failed")) == 1


# The end.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_at_once_where_nothing_runs(number: int):
    made = stage().play(HOUR)
    made.stop(number)
    assert made.play(SECOND).scheduler.code == 128 + number
    assert made.runs == []


def test_a_run_has_its_grace_to_end():
    made = stage("0 13 * * *", grace=30, takes=MINUTE).to(NOON + HOUR + 40 * SECOND)
    made.stop()
    made.play(HOUR)
    assert made.scheduler.code == 143
    assert (made.runs[0].returncode, made.runs[0].heard) == (0, [])


def test_a_run_that_takes_longer_is_cancelled():
    made = stage("0 13 * * *", grace=30, takes=HOUR).to(NOON + HOUR + MINUTE)
    made.stop()
    made.play(29 * SECOND)
    assert made.runs[0].heard == []
    made.play(2 * SECOND)
    assert made.runs[0].heard == [signal.SIGTERM]
    assert made.scheduler.code == 143


def test_without_a_grace_a_run_is_cancelled_at_once():
    made = stage("0 13 * * *", grace=0, takes=HOUR).to(NOON + HOUR + MINUTE)
    made.stop()
    assert made.play(SECOND).scheduler.code == 143
    assert made.runs[0].heard == [signal.SIGTERM]


def test_a_refresh_is_ended_at_once():
    made = stage(refresh_takes=MINUTE, grace=600).play(SECOND)
    made.stop()
    assert made.play(SECOND).scheduler.code == 143
    assert made.refreshes[0].heard == [signal.SIGTERM]


def test_nothing_begins_after_it_was_asked_to_stop():
    made = stage("* * * * *", grace=600, takes=5 * MINUTE).play(2 * MINUTE)
    made.stop()
    made.play(HOUR)
    assert len(made.runs) == 1
    assert made.started[-1] is made.runs[0]


def test_a_slot_that_passes_in_the_grace_does_not_keep_the_scheduler_busy():
    made = stage("* * * * *", grace=600, takes=5 * MINUTE).play(2 * MINUTE)
    made.stop()
    made.steps = 0
    made.play(HOUR)
    assert made.steps < 50


def test_who_asks_twice_does_not_change_the_grace():
    made = stage("0 13 * * *", grace=30, takes=HOUR).to(NOON + HOUR + MINUTE)
    made.stop()
    made.play(20 * SECOND)
    made.stop()
    made.play(11 * SECOND)
    assert made.scheduler.code == 143


# Clocks that are set by hand.


def test_a_clock_that_jumps_over_many_slots_means_one_run():
    made = stage("0 * * * *").play(MINUTE)
    made.now += 9 * HOUR
    made.play(MINUTE)
    assert len(made.runs) == 1
    assert len(made.play(HOUR).runs) == 2


def test_a_clock_that_is_put_back_a_little_does_not_serve_a_slot_twice():
    made = stage("0 13 * * *").play(HOUR + MINUTE)
    made.now -= 2 * MINUTE
    assert len(made.play(3 * HOUR).runs) == 1


def test_a_clock_that_is_put_back_far_leaves_no_gap():
    made = stage("0 * * * *").play(HOUR + MINUTE)
    made.now -= 30 * DAY
    made.play(5 * HOUR)
    assert len(made.runs) >= 4


def test_a_clock_that_is_set_back_does_not_stop_the_scheduler():
    made = stage().play(MINUTE)
    made.now -= DAY
    made.play(HOUR)
    assert len(made.refreshes) >= 6


def test_a_clock_that_is_put_back_does_not_put_off_the_next_try():
    made = stage("0 13 * * *", codes=[75], takes=SECOND).play(HOUR + MINUTE)
    made.now -= 3 * HOUR
    assert len(made.play(5 * MINUTE).runs) == 2


def test_a_clock_that_is_put_back_does_not_put_off_the_deadline():
    made = stage("0 13 * * *", timeout=600, takes=9 * HOUR).play(HOUR + MINUTE)
    made.now -= 3 * HOUR
    made.play(15 * MINUTE)
    assert made.runs[0].heard == [signal.SIGTERM]


# Databases that come and go.


def test_a_database_that_appears_is_saved_from_the_next_slot_on():
    made = stage("0 * * * *", jitter=1800).play(MINUTE)
    made.aliases.append("new")
    made.play(11 * MINUTE)
    assert made.runs == []
    made.play(2 * HOUR)
    assert ("backup", "-d", "new") in {run.arguments for run in made.runs}


def test_a_database_that_vanishes_is_not_asked_for_any_more():
    made = stage("0 * * * *", jitter=1800, aliases=["default", "old"]).play(MINUTE)
    made.aliases.remove("old")
    made.play(2 * HOUR)
    assert {run.arguments for run in made.runs} == {("backup",)}


def test_a_database_that_vanishes_before_it_is_tried_again_is_forgotten():
    made = stage("0 13 * * *", jitter=1800, aliases=["a", "b"], codes=[75, 75], takes=SECOND)
    made.to(NOON + HOUR + 31 * MINUTE)
    tried = len(made.runs)
    made.aliases[:] = ["c"]
    made.play(11 * HOUR)
    assert not [run for run in made.runs[tried:] if "a" in run.arguments or "b" in run.arguments]


def test_it_says_when_the_next_backup_is_made(logged: Callable[[str], list[str]]):
    stage(zone="Europe/Berlin").play(MINUTE)
    assert logged("schedule.next") == ["The next backup is at 2026-06-02 03:00:00 CEST."]


# Verifications have a schedule of their own.


def test_a_verification_is_made_in_each_of_its_slots():
    made = stage(verify="30 5 * * *", verify_level="read").play(3 * DAY)
    assert [one.started for one in made.verifications] == [LAST_SLOT + 2.5 * HOUR + days * DAY for days in (1, 2, 3)]
    assert {one.arguments for one in made.verifications} == {("verify", "--latest", "--level", "read")}
    assert len(made.runs) == 3


def test_verifications_do_not_need_a_schedule_of_backups():
    made = stage(None, verify="30 5 * * *", verify_level="hash").play(2 * DAY)
    assert (len(made.verifications), made.runs) == (2, [])


def test_without_a_schedule_nothing_is_verified():
    assert stage().play(2 * DAY).verifications == []


def test_in_the_same_slot_the_backup_comes_first():
    made = stage(verify="0 3 * * *").play(DAY)
    (run,), (verification,) = made.runs, made.verifications
    assert run.started < run.ends <= verification.started <= run.ends + MINUTE


def test_a_backup_that_is_due_during_a_verification_waits_for_its_end():
    made = stage("0 4 * * *", verify="0 3 * * *", takes=2 * HOUR, newest=NOON - 8 * HOUR).play(DAY)
    (verification,), (run,) = made.verifications, made.runs
    assert (verification.started, verification.heard) == (LAST_SLOT + DAY, [])
    assert verification.ends <= run.started <= verification.ends + MINUTE


def test_a_verification_that_lasts_over_its_next_slot_is_not_started_twice(logged: Callable[[str], list[str]]):
    made = stage(None, verify="@hourly", takes=90 * MINUTE).play(3 * HOUR)
    assert [one.started for one in made.verifications] == [NOON + HOUR, NOON + 3 * HOUR][: len(made.verifications)]
    assert len(logged("verify.skipped")) == 1


@pytest.mark.parametrize(("code", "after"), [(4, [MINUTE]), (75, [5 * MINUTE, 30 * MINUTE])])
def test_a_verification_that_could_not_start_is_tried_again(code: int, after: list[timedelta]):
    made = stage(None, verify="0 3 * * *", codes=[code] * len(after)).play(DAY)
    again = made.verifications[1:]
    assert len(again) == len(after)
    for before, one, pause in zip(made.verifications, again, after, strict=False):
        assert before.ends + pause <= one.started <= before.ends + pause + MINUTE


def test_a_failed_verification_waits_for_its_next_slot():
    assert len(stage(None, verify="0 3 * * *", codes=[5]).play(DAY).verifications) == 1


def test_a_stop_cancels_a_verification_at_once():
    made = stage(None, verify="0 3 * * *", takes=HOUR).to(LAST_SLOT + DAY + MINUTE)
    (verification,) = made.verifications
    made.stop()
    made.play(MINUTE)
    assert verification.heard == [signal.SIGTERM]
    assert made.scheduler.code == 128 + signal.SIGTERM
