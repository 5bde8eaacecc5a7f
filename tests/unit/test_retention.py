"""Old backups go only when newer ones are proven, and never all of them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.catalog import Backup, BackupState, undocumented
from django_rclone.retention import Decision, Policy, decide, leftovers, removes_most

NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
COUNTED = (BackupState.GOOD, BackupState.UNVERIFIED)

# Offsets that are no whole hours, a clock change of half an hour (Lord Howe), clock changes at midnight (Havana,
# Beirut, Azores), and a day that did not exist (Apia, 2011-12-30).
ZONES = [
    ZoneInfo(name)
    for name in (
        *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"),
        *("Pacific/Chatham", "America/Havana", "Asia/Beirut", "Atlantic/Azores", "Pacific/Apia", "Etc/GMT+12"),
    )
]


def at(moment: datetime, state: BackupState = BackupState.GOOD, backup_id: str = "") -> Backup:
    """A backup that was begun, and last written, at this time."""
    name = f"{moment.astimezone(UTC):%Y%m%d%H%M%S}"
    made = backup_id or (f"i{name}" if state is not BackupState.UNVERIFIED else "")
    path = f"db/{name}-{state}{made}"
    return Backup(made, "default", path, moment, 1, state, undocumented(path, "default", 1), modified=moment)


def backup(days: float, state: BackupState = BackupState.GOOD, backup_id: str = "") -> Backup:
    """A backup that was begun, and last written, so many days ago."""
    return at(NOW - timedelta(days=days), state, backup_id)


def removed(backups: Iterable[Backup], policy: Policy, zone: tzinfo = UTC, new_id: str = "") -> list[Backup]:
    """Returns the removed backups, oldest first."""
    decisions = decide(backups, policy, now=NOW, zone=zone, new_id=new_id)
    return [one.backup for one in reversed(decisions) if not one.keep]


def surplus(backups: Iterable[Backup], keep: int, new_id: str = "") -> list[Backup]:
    return removed(backups, Policy(last=keep), new_id=new_id)


def reasons(backups: Iterable[Backup], policy: Policy, zone: tzinfo = UTC) -> dict[str, tuple[str, ...]]:
    """The reasons of what is kept, by time in the zone."""
    decisions = decide(backups, policy, now=NOW, zone=zone)
    return {f"{one.backup.moment.astimezone(zone):%m-%d %H:%M}": one.reasons for one in decisions if one.keep}


backups = st.lists(
    st.builds(backup, st.integers(0, 1000), st.sampled_from(BackupState)), max_size=12, unique_by=lambda one: one.moment
)

# Moments crowd into the same hours, days and weeks, around clock changes too.
CHANGES = [
    datetime(*change, tzinfo=UTC)
    for change in ((2026, 10, 24, 22), (2026, 3, 28, 22), (2026, 4, 4, 12), (2026, 11, 1, 2), (2011, 12, 29, 20))
]
moments = st.one_of(
    st.integers(0, 60 * 24 * 4).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    st.integers(0, 24 * 800).map(lambda hours: NOW - timedelta(hours=hours)),
    st.builds(lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(0, 600)),
)
mixed = st.lists(
    st.builds(at, moments, st.sampled_from([*[BackupState.GOOD] * 4, *BackupState])),
    max_size=25,
    unique_by=lambda one: one.moment,
)
counts = st.none() | st.integers(1, 6)
policies = st.builds(
    lambda last, hourly, daily, weekly, monthly, yearly, within: (
        Policy(last, hourly, daily, weekly, monthly, yearly, within)
        if any((last, hourly, daily, weekly, monthly, yearly, within))
        else Policy(last=1)
    ),
    *[counts] * 6,
    st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=900)),
)
zones = st.sampled_from(ZONES)


# How many stay


@given(backups=backups, keep=st.integers(1, 15))
def test_as_many_as_asked_for_stay_and_among_them_the_newest_good_one(backups: list[Backup], keep: int) -> None:
    gone = surplus(backups, keep)
    countable = [one for one in backups if one.state in COUNTED]
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


# Laws of every policy


@given(backups=mixed, policy=policies, zone=zones)
def test_never_the_newest_good_one_never_all_and_nothing_without_a_good_one(
    backups: list[Backup], policy: Policy, zone: tzinfo
) -> None:
    gone = removed(backups, policy, zone)
    good = [one for one in backups if one.state is BackupState.GOOD]
    if good:
        assert max(good, key=lambda one: one.moment) not in gone
    else:
        assert gone == []
    assert not backups or len(gone) < len(backups)
    assert {one.state for one in gone} <= set(COUNTED)


@given(backups=mixed, policy=policies, zone=zones, order=st.randoms())
def test_the_order_of_the_listing_does_not_matter(
    backups: list[Backup], policy: Policy, zone: tzinfo, order: object
) -> None:
    shuffled = list(backups)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(shuffled, policy, now=NOW, zone=zone) == decide(backups, policy, now=NOW, zone=zone)


@given(backups=mixed, policy=policies, zone=zones)
def test_a_second_pruning_removes_nothing_more(backups: list[Backup], policy: Policy, zone: tzinfo) -> None:
    gone = removed(backups, policy, zone)
    assert removed([one for one in backups if one not in gone], policy, zone) == []


@given(backups=mixed, policy=policies, zone=zones, gone=st.sets(st.integers(0, 24)))
def test_a_pruning_that_was_interrupted_is_completed_by_the_next(
    backups: list[Backup], policy: Policy, zone: tzinfo, gone: set[int]
) -> None:
    """An interrupted pruning continues: any part of it can be done first, in any order."""
    planned = removed(backups, policy, zone)
    done = [one for number, one in enumerate(planned) if number in gone]
    rest = [one for one in backups if one not in done]
    assert removed(rest, policy, zone) == [one for one in planned if one not in done]


@given(backups=mixed, policy=policies, zone=zones, state=st.sampled_from([*BackupState]))
def test_failed_ones_do_not_count(backups: list[Backup], policy: Policy, zone: tzinfo, state: BackupState) -> None:
    counted = [one for one in backups if one.state in COUNTED]
    assert removed(backups, policy, zone) == removed(counted, policy, zone)


@given(backups=mixed, policy=policies, more=policies, zone=zones)
def test_a_more_generous_policy_keeps_no_less(
    backups: list[Backup], policy: Policy, more: Policy, zone: tzinfo
) -> None:
    rules = [field.name for field in dataclasses.fields(Policy)]
    most = {name: max(filter(None, (getattr(policy, name), getattr(more, name))), default=None) for name in rules}
    assert set(map(id, removed(backups, Policy(**most), zone))) <= set(map(id, removed(backups, policy, zone)))


@given(backups=mixed, policy=policies, zone=zones, added=moments, state=st.sampled_from(BackupState))
def test_an_added_backup_frees_only_older_ones_whose_place_it_takes(
    backups: list[Backup], policy: Policy, zone: tzinfo, added: datetime, state: BackupState
) -> None:
    """The law of adding, in each of its parts: see docs/retention.md."""
    new = at(added, state)
    backups = [one for one in backups if one.moment != added]
    before = decide(backups, policy, now=NOW, zone=zone)
    after = {id(one.backup): one for one in decide([*backups, new], policy, now=NOW, zone=zone)}
    good = [one for one in backups if one.state is BackupState.GOOD]
    for old in before:
        now = after[id(old.backup)]
        if not (old.keep and not now.keep):
            continue
        assert state in COUNTED, "one that does not count frees nothing"
        assert old.backup.moment < added, "it frees only older ones"
        if not good:  # it is the first good one: until now nothing was removed
            assert state is BackupState.GOOD
            continue
        for reason in old.reasons:
            rule, _, name = reason.partition(" ")
            if rule == "last":
                newer = [one for one in before if one.counts and one.backup.moment > old.backup.moment]
                assert len(newer) + 1 >= policy.last  # type: ignore[operator]
            elif rule == "within":
                assert state is BackupState.GOOD
                assert added == max(one.moment for one in [*good, new])
                assert added - old.backup.moment > policy.within  # type: ignore[operator]
            elif reason == "the newest good backup":
                assert state is BackupState.GOOD
            else:  # the slot is taken by the new one, or is one slot too many because the new one opened another
                mine = [one.reasons for one in after.values() if one.backup is new]
                opened = {why for why in mine[0] if why.startswith(f"{rule} ")}
                assert opened, f"{reason}: the new one has no slot of this rule"
                assert opened == {reason} or f"{rule} {name}" not in opened


@given(backups=mixed, policy=policies, zone=zones)
def test_moments_mean_the_same_in_whatever_zone_they_are_written(
    backups: list[Backup], policy: Policy, zone: tzinfo
) -> None:
    elsewhere = [
        dataclasses.replace(one, moment=one.moment.astimezone(ZONES[number % len(ZONES)]))
        for number, one in enumerate(backups)
    ]
    there = {one.backup.path: one.reasons for one in decide(elsewhere, policy, now=NOW, zone=zone)}
    assert there == {one.backup.path: one.reasons for one in decide(backups, policy, now=NOW, zone=zone)}


@given(backups=mixed, policy=policies, zone=zones, hours=st.integers(0, 10**6))
def test_time_alone_removes_nothing(backups: list[Backup], policy: Policy, zone: tzinfo, hours: int) -> None:
    """The last backups stay when no new ones are made: ages count from the newest good one."""
    later = decide(backups, policy, now=NOW + timedelta(hours=hours), zone=zone)
    assert later == decide(backups, policy, now=NOW, zone=zone)


@given(backups=mixed, zone=zones, count=st.integers(1, 40), rule=st.sampled_from(["daily", "weekly", "monthly"]))
def test_each_of_the_newest_slots_keeps_its_newest_good_backup(
    backups: list[Backup], zone: tzinfo, count: int, rule: str
) -> None:
    form = {"daily": "%Y-%m-%d", "weekly": "%G-W%V", "monthly": "%Y-%m"}[rule]
    slots: dict[str, list[Backup]] = defaultdict(list)
    for one in sorted(backups, key=lambda one: one.moment, reverse=True):
        if one.state is BackupState.GOOD:
            slots[one.moment.astimezone(zone).strftime(form)].append(one)
    decisions = decide(backups, Policy(**{rule: count}), now=NOW, zone=zone)  # type: ignore[arg-type]
    filled = {why: one.backup for one in decisions for why in one.reasons if why.startswith(rule)}
    for name, (newest, *_older) in list(slots.items())[:count]:
        assert {f"{rule} {name}"} <= {why for one in decisions if one.backup is newest for why in one.reasons}
    assert len([one for one in filled.values() if one.state is BackupState.GOOD]) == min(count, len(slots))


def test_many_backups_are_decided_in_a_moment() -> None:
    many = [at(NOW - timedelta(minutes=30 * number)) for number in range(10_000)]
    decisions = decide(many, Policy(7, 24, 14, 8, 24, 10, timedelta(days=2)), now=NOW, zone=ZONES[1])
    # 97 within two days, and then one a day, week or month.
    assert 97 < sum(one.keep for one in decisions) < 97 + 12 + 8 + 7 + 1


# Clock changes


def hours(first: datetime, number: int, minutes: int = 60) -> list[Backup]:
    return [at(first + timedelta(minutes=minutes * one)) for one in range(number)]


def test_an_hour_that_comes_twice_is_two_hours() -> None:
    night = hours(datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 4)  # 01:30, 02:30, 02:30 and 03:30 in Berlin
    kept = [one.reasons for one in decide(night, Policy(hourly=3), now=NOW, zone=ZoneInfo("Europe/Berlin"))]
    assert kept == [
        ("the newest good backup", "hourly 2026-10-25 03:00+01:00"),
        ("hourly 2026-10-25 02:00+01:00",),
        ("hourly 2026-10-25 02:00+02:00",),
        ("kept by no rule",),
    ]


def test_an_hour_that_is_left_out_is_no_slot() -> None:
    night = hours(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 3)  # 01:30, 03:30 and 04:30 in Berlin
    kept = reasons(night, Policy(hourly=3), ZoneInfo("Europe/Berlin"))
    assert [why[-1] for why in kept.values()] == [
        "hourly 2026-03-29 04:00+02:00",
        "hourly 2026-03-29 03:00+02:00",
        "hourly 2026-03-29 01:00+01:00",
    ]


def test_a_clock_change_of_half_an_hour_leaves_every_hour_its_slot() -> None:
    night = hours(datetime(2026, 4, 4, 14, 10, tzinfo=UTC), 4, 30)  # 01:10, 01:40, 01:40 and 02:10 on Lord Howe
    decisions = decide(night, Policy(hourly=9), now=NOW, zone=ZoneInfo("Australia/Lord_Howe"))
    assert [one.reasons[-1] for one in decisions] == [
        "hourly 2026-04-05 02:00+10:30",
        "hourly 2026-04-05 01:00+10:30",
        "hourly 2026-04-05 01:00+11:00",
        "kept by no rule",
    ]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("month", [1, 3, 6, 10, 11])
def test_a_day_of_23_or_25_hours_is_one_day(zone: ZoneInfo, month: int) -> None:
    made = hours(datetime(2026, month, 1, 0, 7, tzinfo=UTC), 24 * 33)
    days = {f"{one.moment.astimezone(zone):%Y-%m-%d}" for one in made}
    decisions = decide(made, Policy(daily=20), now=made[-1].moment, zone=zone)
    kept = [one.backup for one in decisions if one.keep]
    assert [f"{one.moment.astimezone(zone):%Y-%m-%d}" for one in kept] == sorted(days, reverse=True)[:20]
    # The last backup of each day is kept: the next one, an hour later, is of another day.
    for one in kept[1:]:
        assert (one.moment + timedelta(hours=1)).astimezone(zone).date() != one.moment.astimezone(zone).date()


def test_the_day_is_that_of_the_zone() -> None:
    evening = at(datetime(2026, 11, 20, 22, tzinfo=UTC))  # in Kathmandu it is the 21st
    night = at(datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert removed([evening, night], Policy(daily=2)) == []
    assert removed([evening, night], Policy(daily=2), ZoneInfo("Asia/Kathmandu")) == [evening]


def test_weeks_and_their_years_are_those_of_iso_8601() -> None:
    made = [at(datetime(2027, 1, day, 12, tzinfo=UTC)) for day in (3, 4)]  # a Sunday and a Monday
    decisions = decide(made, Policy(weekly=2, yearly=1), now=made[1].moment, zone=UTC)
    assert [one.reasons[1:] for one in decisions] == [("weekly 2027-W01", "yearly 2027"), ()]
    assert decisions[1].reasons == ("weekly 2026-W53",)


# Reasons


def test_one_backup_may_fill_several_slots_and_every_reason_is_told() -> None:
    made = [backup(days) for days in range(40)]
    policy = Policy(last=2, daily=3, weekly=2, monthly=2, yearly=2, within=timedelta(days=2))
    assert reasons(made, policy) == {
        "11-23 10:15": (
            *("the newest good backup", "last 2", "daily 2026-11-23", "weekly 2026-W48", "monthly 2026-11"),
            *("yearly 2026", "within 2 days"),
        ),
        "11-22 10:15": ("last 2", "daily 2026-11-22", "weekly 2026-W47", "within 2 days"),
        "11-21 10:15": ("daily 2026-11-21", "within 2 days"),
        "10-31 10:15": ("monthly 2026-10",),
    }
    assert str(policy) == "last 2, daily 3, weekly 2, monthly 2, yearly 2, within 2 days"


def test_what_does_not_count_tells_why_it_stays() -> None:
    ahead, good, damaged = backup(-9), backup(3), backup(5, BackupState.DAMAGED)
    decisions = decide([ahead, good, damaged], Policy(last=1), now=NOW, zone=UTC)
    assert decisions == [
        Decision(ahead, True, ("dated after now",)),
        Decision(good, True, ("the newest good backup", "last 1"), counts=True),
        Decision(damaged, True, ("damaged: not counted",)),
    ]
    assert [one.reasons for one in decide([backup(5, BackupState.UNVERIFIED)], Policy(last=1), now=NOW, zone=UTC)] == [
        ("no backup is good",)
    ]


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(days=30), "within 30 days"),
        (timedelta(days=1), "within 1 day"),
        (timedelta(hours=36), "within 36 hours"),
        (timedelta(minutes=90), "within 90 minutes"),
        (timedelta(seconds=90), "within 90 seconds"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(age: timedelta, words: str) -> None:
    assert str(Policy(within=age)) == words


def test_an_age_counts_from_the_newest_good_backup_and_its_end_belongs_to_it() -> None:
    made = [backup(days) for days in (100, 107, 108)]
    assert removed(made, Policy(within=timedelta(days=7))) == [made[2]]
    newer = backup(95, BackupState.UNVERIFIED)
    assert removed([*made, newer], Policy(within=timedelta(days=7))) == [made[2]]


# Backups without a manifest


def test_the_newest_good_one_stays_also_behind_many_undocumented_ones() -> None:
    good = backup(9)
    undocumented_ones = [backup(days, BackupState.UNVERIFIED) for days in (1, 2, 3, 4)]
    assert surplus([good, *undocumented_ones], 2) == [undocumented_ones[3], undocumented_ones[2]]


def test_an_undocumented_one_takes_no_slot_from_a_good_one() -> None:
    good = [backup(days) for days in (1.1, 2.1)]
    later = [backup(days, BackupState.UNVERIFIED) for days in (1, 2, 3)]
    assert removed([*good, *later], Policy(daily=2)) == [later[2]]


def test_the_time_inside_counts_and_not_when_the_file_was_written() -> None:
    old = dataclasses.replace(backup(9), modified=NOW)
    new = dataclasses.replace(backup(1), modified=NOW - timedelta(days=100))
    assert surplus([old, new], 1) == [old]


# Policies


@pytest.mark.parametrize("rule", [field.name for field in dataclasses.fields(Policy) if field.name != "within"])
@pytest.mark.parametrize("number", [0, -1])
def test_keeping_none_is_refused(rule: str, number: int) -> None:
    with pytest.raises(ValueError, match=f"{rule} must be 1 or more"):
        Policy(**{rule: number})  # type: ignore[arg-type]


def test_a_policy_without_a_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="a policy needs a rule"):
        Policy()
    with pytest.raises(ValueError, match="within must be"):
        Policy(within=timedelta())


def test_a_setting_is_a_policy() -> None:
    rules = {"keep_last": 1, "hourly": 2, "daily": 3, "weekly": 4, "monthly": 5, "yearly": 6, "within": 86400.0}
    assert Policy.of(rules) == Policy(1, 2, 3, 4, 5, 6, timedelta(days=1))
    assert Policy.of({"daily": 3}) == Policy(daily=3)


@pytest.mark.parametrize(("number", "keep", "most"), [(4, 2, False), (4, 1, True), (3, 1, True), (2, 1, False)])
def test_more_than_half_is_most(number: int, keep: int, most: bool) -> None:
    made = [*(backup(days) for days in range(number)), backup(-9), backup(99, BackupState.DAMAGED)]
    assert removes_most(decide(made, Policy(last=keep), now=NOW, zone=UTC)) is most


# What dead runs left


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


@pytest.mark.parametrize("timeout", [1e15, 1e300, float("inf"), 1e11])
def test_with_no_bound_on_a_run_nothing_is_left_over(timeout: float) -> None:
    assert leftovers([backup(1000, BackupState.ORPHAN)], NOW, timeout) == []


# Clocks that are wrong


@given(
    backups=st.lists(
        st.builds(backup, st.integers(-400, 400), st.sampled_from(BackupState)),
        max_size=12,
        unique_by=lambda one: one.moment,
    ),
    policy=policies,
    made=st.integers(0, 11),
)
def test_what_is_dated_after_now_makes_nothing_go_and_this_runs_own_stays(
    backups: list[Backup], policy: Policy, made: int
) -> None:
    own = backups[made].id if made < len(backups) and backups[made].state is BackupState.GOOD else ""
    gone = removed(backups, policy, new_id=own)
    timely = [one for one in backups if one.moment <= NOW + timedelta(hours=1)]
    assert gone == removed(timely, policy, new_id=own)
    assert not [one for one in gone if one.moment > NOW or (own and one.id == own)]
    countable = [one for one in timely if one.state in COUNTED]
    assert len([one for one in countable if one not in gone]) >= min(policy.last or 0, len(countable))


def test_a_clock_that_was_ahead_keeps_no_new_backup_from_staying() -> None:
    ahead = [backup(-days) for days in (300, 301)]
    ours = [backup(days, backup_id=f"good{days:02}") for days in (0, 1, 2)]
    assert [one.id for one in surplus([*ahead, *ours], 2, new_id="good00")] == ["good02"]


def test_a_clock_that_is_behind_removes_nothing_that_it_cannot_judge() -> None:
    theirs, own = [backup(days) for days in (1, 2, 3)], backup(9999, backup_id="k3f9q2")
    behind = decide([*theirs, own], Policy(last=1), now=own.moment, zone=UTC, new_id="k3f9q2")
    assert all(one.keep for one in behind)
    assert surplus([*theirs, own], 1, new_id="k3f9q2") == [theirs[2], theirs[1]]
