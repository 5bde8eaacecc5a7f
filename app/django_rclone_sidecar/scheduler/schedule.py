"""When backups are due. Pure: every moment, and every clock, is passed in.

Slots are read as Debian's cron reads them (cronsim): where a clock is put forward a slot inside the gap comes right
after it, where it is put back a slot comes once; an expression with a star for hour or minute goes by elapsed time.
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

_PATIENCE = timedelta(hours=6)
"""How long after its slot a backup may end before it counts as overdue; at most half of the time between two slots."""

_LONGEST_CHANGE = timedelta(hours=26)
"""No clock has been put back or forward by more (islands at the date line: by a day)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron expression in a time zone. Raises ValueError if it is none, or names no moment that will ever come."""

    expression: str
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if len(self._cron.split()) != 5:
            raise ValueError(f'"{self.expression}" has not five fields')
        try:
            self.after(datetime(2026, 1, 1, tzinfo=self.zone))
        except (CronSimError, StopIteration) as error:
            raise ValueError(f'"{self.expression}": {error or "never comes"}') from error

    @property
    def _cron(self) -> str:
        return SHORTHANDS.get(self.expression.lower(), self.expression)

    def after(self, moment: datetime) -> datetime:
        """Returns the first slot after a moment, in UTC."""
        # In the hour that a clock gives twice the iterator may begin with a slot of the first time round.
        return next(slot for slot in self._slots(moment) if slot > moment)

    def at_or_before(self, moment: datetime) -> datetime:
        """Returns the last slot that has come, in UTC."""
        # Backwards the iterator knows nothing of hours that come twice: from before any change it goes forwards.
        last = next(self._slots(moment - _LONGEST_CHANGE, reverse=True))
        for slot in self._slots(last):
            if slot > moment:
                break
            last = slot
        return last

    def _slots(self, moment: datetime, *, reverse: bool = False) -> Iterator[datetime]:
        # Compared in UTC only: in a zone of their own, moments compare as its clock shows them.
        return (slot.astimezone(UTC) for slot in CronSim(self._cron, moment.astimezone(self.zone), reverse))


def delay(identity: str, jitter: float) -> timedelta:
    """Returns how long after its slot a database's backup begins: up to ``jitter`` seconds, always the same."""
    if not jitter:
        return timedelta()
    share = int.from_bytes(sha256(identity.encode()).digest()[:8]) / 2**64
    return timedelta(seconds=int(share * jitter))


def overdue_after(newest: datetime, schedule: Schedule, delayed: timedelta) -> datetime:
    """Returns until when the next backup must have been made, where the newest was begun at ``newest``."""
    due = schedule.after(newest)
    gap = schedule.after(due) - due
    return due + delayed + min(gap / 2, _PATIENCE)
