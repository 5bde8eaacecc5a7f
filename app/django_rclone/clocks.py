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

    def compare(self, other: datetime | None, began: datetime, name: str) -> None:
        """Compares with another clock, read between ``began`` (by this machine's clock) and now. None is ignored.

        ``name`` is the other clock's, for the warning.
        """
        if other is None:
            return
        ended = self.local()
        if began - _INACCURATE <= other <= ended + _INACCURATE:
            behind = timedelta()
        else:
            behind = other - began if other < began else other - ended
        if behind and abs(behind - self.behind) > _INACCURATE:
            logger.warning(
                "The clock of this machine is %s %s %s: backups are dated by the other clock. Correct the clock of "
                "this machine.",
                display.duration(abs(behind).total_seconds()),
                "behind" if behind > timedelta() else "ahead of",
                name,
            )
        self.behind = behind


def certainly_passed(
    remote: Remote, ahead: Sequence[Backup], server: Callable[[], datetime | None]
) -> Iterator[datetime]:
    """Yields moments that have passed by other clocks: the storage's and the database server's.

    The storage's is read from the first of the backups dated ``ahead``. Skips a clock that cannot be read.
    """
    yield datetime.fromtimestamp(0, UTC)
    with _unless_interrupted():
        if ahead and remote.abilities().atomic and (stored := remote.stored_at(ahead[0].path)):
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
        logger.debug("Another clock cannot be read: %s", error)
