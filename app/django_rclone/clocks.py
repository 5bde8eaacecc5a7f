"""Compare clocks: this machine's, the storage's and the database server's. Any of them may be wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django_rclone import display
from django_rclone.catalog import Backup
from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone.rclone.remote import Remote

logger = logging.getLogger("django_rclone")

AHEAD = timedelta(hours=1)
"""A backup that is dated later than this after now was made by a clock that was wrong, or this machine's is wrong."""
_INACCURATE = timedelta(minutes=5)
"""Clocks that differ by less are taken as equal."""


def dated_ahead(backup: Backup, now: datetime) -> bool:
    """Return whether a backup is dated later than it can have been made."""
    return backup.moment - now > AHEAD


@dataclass(slots=True)
class ComparedClock:
    """This machine's clock, corrected by a better one: the storage's, else the database server's."""

    local: Callable[[], datetime]
    behind: timedelta = timedelta()
    """How much this machine's clock is behind the better one; negative: ahead."""

    def now(self) -> datetime:
        """Return the time by the best clock that was compared."""
        return self.local() + self.behind

    def compare(self, other: datetime | None, began: datetime, whose: str) -> None:
        """Compare with another clock, which was read between ``began``, by this machine's clock, and now."""
        if other is None:
            return
        ended = self.local()
        if began - _INACCURATE <= other <= ended + _INACCURATE:
            found = timedelta()
        else:
            found = other - began if other < began else other - ended
        if found and abs(found - self.behind) > _INACCURATE:
            logger.warning(
                "The clock of this machine is %s %s %s: backups are dated by that one. Set the clock right.",
                display.duration(abs(found).total_seconds()),
                "behind" if found > timedelta() else "ahead of",
                whose,
            )
        self.behind = found


def certainly_passed(
    remote: Remote, late: Sequence[Backup], server: Callable[[], datetime | None]
) -> Iterator[datetime]:
    """Yield moments that have passed by other clocks: the storage's, for the first of the ``late`` backups, and the
    database server's. A clock that cannot be read yields nothing."""
    yield datetime.fromtimestamp(0, UTC)
    with _unless_interrupted():
        if late and remote.abilities().atomic and (stored := remote.stored_at(late[0].path)):
            yield stored
    with _unless_interrupted():
        if clock := server():
            yield clock


@contextmanager
def _unless_interrupted() -> Iterator[None]:
    """Go on after a failure."""
    try:
        yield
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        logger.debug("No other clock could be asked: %s", error)
