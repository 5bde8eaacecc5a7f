"""Compares clocks: this machine's, the storage's and the database server's. Any of them may be wrong."""

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
"""Longest time after now that a backup may be dated. Beyond it, the clock that dated it or this machine's is wrong."""
_INACCURATE = timedelta(minutes=5)
"""Clocks that differ by less count as equal."""


def dated_ahead(backup: Backup, now: datetime) -> bool:
    """Returns whether a backup is dated too far in the future to be true."""
    return backup.moment - now > AHEAD


@dataclass(slots=True)
class ComparedClock:
    """This machine's clock, corrected by a better one: the storage's, else the database server's."""

    local: Callable[[], datetime]
    behind: timedelta = timedelta()
    """Time by which this machine's clock is behind the better one; negative if it is ahead."""

    def now(self) -> datetime:
        """Returns the time by the best clock compared so far."""
        return self.local() + self.behind

    def compare(self, other: datetime | None, began: datetime, whose: str) -> None:
        """Compares with another clock, read between ``began`` (by this machine's clock) and now. None is ignored."""
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
    """Yields moments that have passed by other clocks: the storage's, for the first of the ``late`` backups, and the
    database server's. Skips a clock that cannot be read."""
    yield datetime.fromtimestamp(0, UTC)
    with _unless_interrupted():
        if late and remote.abilities().atomic and (stored := remote.stored_at(late[0].path)):
            yield stored
    with _unless_interrupted():
        if clock := server():
            yield clock


@contextmanager
def _unless_interrupted() -> Iterator[None]:
    """Suppresses every DjangoRcloneError except Interrupted."""
    try:
        yield
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        logger.debug("No other clock could be asked: %s", error)
