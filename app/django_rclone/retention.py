"""Retention: decides for each backup of a database whether it is kept, and why. Pure: backups in, decisions out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django_rclone.catalog import Backup, BackupState
from django_rclone.clocks import dated_ahead

_LEFTOVER_AGE = timedelta(hours=24)

_COUNTED = (BackupState.GOOD, BackupState.UNVERIFIED)

NEWEST_GOOD = "the newest good backup"
MADE = "made by this run"
DATED_AHEAD = "dated after now"
NONE_GOOD = "no backup is good"
NO_POLICY = "no retention is set"
SURPLUS = "kept by no rule"
LEFTOVER = "leftover of an interrupted run"


def _hour(moment: datetime) -> str:
    """Returns the hour with its UTC offset: when clocks are set back, an hour of the day comes twice."""
    date, time = moment.isoformat(timespec="minutes").split("T")
    return f"{date} {time[:2]}:00{time[5:]}"


def _week(moment: datetime) -> str:
    year, week, _day = moment.isocalendar()
    return f"{year}-W{week:02}"


_SLOTS: Mapping[str, Callable[[datetime], str]] = {
    "hourly": _hour,
    "daily": lambda moment: f"{moment:%Y-%m-%d}",
    "weekly": _week,
    "monthly": lambda moment: f"{moment:%Y-%m}",
    "yearly": lambda moment: f"{moment:%Y}",
}
"""The name of the slot of each rule that a local time lies in. Weeks are those of ISO 8601."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules of retention. A backup is kept if one of them keeps it. None: no such rule.

    Raises ValueError if there is no rule, or if a number is less than 1.
    """

    last: int | None = None
    """Number of newest backups."""
    hourly: int | None = None
    """Number of newest hours with a backup; the newest backup of each is kept. Likewise the next four."""
    daily: int | None = None
    weekly: int | None = None
    monthly: int | None = None
    yearly: int | None = None
    within: timedelta | None = None
    """Greatest age, counted back from the newest good backup."""

    def __post_init__(self) -> None:
        given = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        if not given:
            raise ValueError("a policy needs a rule")
        for name, value in given.items():
            if value <= timedelta() if name == "within" else value < 1:
                raise ValueError(f"{name} must be 1 or more, not {value}")

    @classmethod
    def of(cls, setting: Mapping[str, int | float]) -> Policy:
        """Returns the policy of a valid ``RETENTION`` setting; ``within`` must be in seconds."""
        rules: dict[str, int] = {
            "last" if key == "keep_last" else key: int(value) for key, value in setting.items() if key != "within"
        }
        return cls(**rules, within=timedelta(seconds=setting["within"]) if "within" in setting else None)

    def __str__(self) -> str:
        """Returns the rules as in the reasons of decisions: ``last 7, daily 14, within 30 days``."""
        rules = [f"{name} {count}" for name, count in dataclasses.asdict(self).items() if count and name != "within"]
        return ", ".join([*rules, *([_within(self.within)] if self.within else [])])


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a backup is kept, and the reasons."""

    backup: Backup
    keep: bool
    reasons: tuple[str, ...]
    counts: bool = False
    """Whether the rules count this backup. Others, such as damaged ones, are kept and fill no slot."""


def decide(
    backups: Iterable[Backup], policy: Policy, *, now: datetime, zone: tzinfo, new_id: str = ""
) -> list[Decision]:
    """Returns a decision for each backup, newest first.

    ``backups`` are those of one database. Good ones and unverified ones (without a manifest, as made by django-rclone
    0.4) count, by the time in the manifest or the name; an unverified one never takes a slot from a good one. Backups
    dated after ``now`` do not count, and are kept. The newest good one and the one with the id ``new_id``, which this
    run has made, are always kept. All are kept if none is good, because then none is proven.

    Slots are those of the calendar in ``zone``. Decisions about a backup depend only on it and on newer ones, so that
    another backup can free only older ones.
    """
    ordered = sorted(backups, key=lambda backup: (backup.moment, backup.id, backup.path), reverse=True)
    counted = [backup for backup in ordered if backup.state in _COUNTED and not dated_ahead(backup, now)]
    good = [backup for backup in counted if backup.state is BackupState.GOOD]
    reasons: dict[int, list[str]] = {id(backup): [] for backup in ordered}
    for backup, reason in _kept(counted, good, policy, zone, new_id) if good else ():
        reasons[id(backup)].append(reason)
    counted_ids = {id(backup) for backup in counted}
    return [
        _decision(backup, tuple(reasons[id(backup)]), counts=id(backup) in counted_ids, proven=bool(good))
        for backup in ordered
    ]


def _decision(backup: Backup, reasons: tuple[str, ...], *, counts: bool, proven: bool) -> Decision:
    if not counts:
        return Decision(backup, True, (DATED_AHEAD if backup.state in _COUNTED else f"{backup.state}: not counted",))
    if not proven:
        return Decision(backup, True, (NONE_GOOD,), counts)
    return Decision(backup, bool(reasons), reasons or (SURPLUS,), counts)


def _kept(
    counted: Sequence[Backup], good: Sequence[Backup], policy: Policy, zone: tzinfo, new_id: str
) -> Iterator[tuple[Backup, str]]:
    """Yields each backup that is kept, once for each reason."""
    yield good[0], NEWEST_GOOD
    yield from ((backup, MADE) for backup in good if new_id and backup.id == new_id)
    if policy.last:
        yield from ((backup, f"last {policy.last}") for backup in counted[: policy.last])
    for rule, slot in _SLOTS.items():
        if count := getattr(policy, rule):
            yield from ((backup, f"{rule} {name}") for backup, name in _slots(counted, count, slot, zone))
    if policy.within:
        yield from (
            (backup, _within(policy.within)) for backup in counted if good[0].moment - backup.moment <= policy.within
        )


def _slots(
    counted: Sequence[Backup], count: int, slot: Callable[[datetime], str], zone: tzinfo
) -> Iterator[tuple[Backup, str]]:
    """Yields the newest backup of each of the newest ``count`` slots, with the slot's name."""
    of_good: set[str] = set()
    of_all: set[str] = set()
    for backup in counted:
        name = slot(backup.moment.astimezone(zone))
        is_good = backup.state is BackupState.GOOD
        filled = of_good if is_good else of_all
        if name not in filled and len(filled) < count:
            yield backup, name
        of_all.add(name)
        if is_good:
            of_good.add(name)


def _within(age: timedelta) -> str:
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if not age % length:
            number = age // length
            return f"within {number} {unit}{'' if number == 1 else 's'}"
    return f"within {age.total_seconds():g} seconds"


def removes_most(decisions: Iterable[Decision]) -> bool:
    """Returns whether more than half of the backups that count would be removed."""
    surplus, counted = surplus_and_counted(decisions)
    return 2 * surplus > counted


def surplus_and_counted(decisions: Iterable[Decision]) -> tuple[int, int]:
    """Returns how many backups would be removed, and how many count."""
    counted = [decision for decision in decisions if decision.counts]
    return sum(not decision.keep for decision in counted), len(counted)


def leftovers(backups: Iterable[Backup], now: datetime, timeout: float | None) -> list[Backup]:
    """Returns the leftovers of interrupted runs that are too old for any run to be still writing them.

    Excludes objects whose manifest exists but cannot be read (written by a newer django-rclone, or damaged).
    """
    backups = list(backups)
    try:
        oldest = now - max(_LEFTOVER_AGE, timedelta(seconds=timeout or 0))
    except OverflowError:  # the timeout reaches back before year 1
        return []
    described = {backup.id for backup in backups if backup.state is BackupState.DAMAGED}
    return [
        backup
        for backup in backups
        if backup.state in (BackupState.ORPHAN, BackupState.PARTIAL)
        and backup.modified < oldest
        and backup.id not in described
    ]
