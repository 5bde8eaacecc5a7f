"""Slots of the schedule. Pure: times are passed in.

Clock changes are handled as in Debian's cron (cronsim): when the clock goes forward, a slot inside the gap comes right
after it; when it goes back, a slot comes once. Expressions with a star for hour or minute go by elapsed time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

SHORTHANDS: Mapping[str, str] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""Source: crontab(5)."""

_OVERDUE_AFTER = timedelta(hours=6)
"""Time after its slot at which a backup counts as overdue; at most half the time between two slots."""

_LONGEST_CHANGE = timedelta(hours=26)
"""The largest clock change of any time zone (islands at the date line: one day)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron expression in a time zone. Raises ValueError if it is not valid or never comes."""

    expression: str
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if len(self._cron.split()) != 5:
            raise ValueError(f'"{self.expression}" does not have five fields')
        try:
            self.after(datetime(2026, 1, 1, tzinfo=self.zone))
        except (CronSimError, StopIteration) as error:
            raise ValueError(f'"{self.expression}": {error or "never comes"}') from error

    @property
    def _cron(self) -> str:
        return SHORTHANDS.get(self.expression.lower(), self.expression)

    def after(self, moment: datetime) -> datetime:
        """Returns the first slot after a moment, in UTC."""
        # In an hour that comes twice, the iterator may begin with a slot of the first one.
        return next(slot for slot in self._slots(moment) if slot > moment)

    def second_after(self, moment: datetime) -> datetime:
        """Returns the slot after the next one. If the clock was set back a little, the next one has just been run."""
        return self.after(self.after(moment))

    def at_or_before(self, moment: datetime) -> datetime:
        """Returns the last slot at or before a moment, in UTC."""
        # The reverse iterator ignores hours that come twice: start before any clock change and go forward.
        last = next(self._slots(moment - _LONGEST_CHANGE, reverse=True))
        for slot in self._slots(last):
            if slot > moment:
                break
            last = slot
        return last

    def _slots(self, moment: datetime, *, reverse: bool = False) -> Iterator[datetime]:
        # Compared in UTC: times in the same zone compare by their local clock time.
        return (slot.astimezone(UTC) for slot in CronSim(self._cron, moment.astimezone(self.zone), reverse))


def delay(identity: str, jitter: float) -> timedelta:
    """Returns the delay of a database's backups after their slots: random but stable, up to ``jitter`` seconds."""
    if not jitter:
        return timedelta()
    share = int.from_bytes(sha256(identity.encode()).digest()[:8]) / 2**64
    return timedelta(seconds=int(share * jitter))


def overdue_after(newest: datetime, schedule: Schedule, delayed: timedelta) -> datetime:
    """Returns when a database becomes overdue, if its newest backup was begun at ``newest``."""
    due = schedule.after(newest)
    gap = schedule.after(due) - due
    return due + delayed + min(gap / 2, _OVERDUE_AFTER)
