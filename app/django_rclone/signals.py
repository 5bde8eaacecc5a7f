"""Signals around every operation: ``pre_*``, and ``post_*`` after success or ``*_failed`` with ``error``.

An exception in a ``post_*`` or ``*_failed`` receiver is logged, and the run continues: it cannot undo a commit.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.dispatch import Signal

from django_rclone import setting_names
from django_rclone.exceptions import DjangoRcloneError

logger = logging.getLogger("django_rclone")

pre_db_backup = Signal()
post_db_backup = Signal()
pre_db_restore = Signal()
post_db_restore = Signal()
pre_media_backup = Signal()
post_media_backup = Signal()
pre_media_restore = Signal()
post_media_restore = Signal()
backup_failed = Signal()
restore_failed = Signal()


@contextmanager
def around(before: Signal, after: Signal, failed: Signal, sender: Any, **what: Any) -> Iterator[dict[str, Any]]:
    """Sends ``before``, and at the end of the block ``after``, or ``failed`` with the error.

    The items that the block adds to the dictionary are sent with ``after``. An unexpected error (for instance in a
    project's connector) is raised as DjangoRcloneError, so that one database never prevents the backup of others.
    """
    before.send(sender=sender, **what)
    results: dict[str, Any] = {}
    try:
        yield results
    except Exception as error:
        known = error
        if not isinstance(error, DjangoRcloneError):
            where = f'Database "{what["database"]}": ' if what.get("database") else ""
            known = DjangoRcloneError(f"{where}{type(error).__name__}: {error}. {setting_names.current().traceback}")
        announce(failed, sender, error=known, **{"database": None, **what})
        if known is error:
            raise
        raise known from error
    announce(after, sender, **what, **results)


def announce(signal: Signal, sender: Any, **what: Any) -> None:
    """Sends a signal and logs the exceptions of its receivers."""
    for receiver, response in signal.send_robust(sender=sender, **what):
        if isinstance(response, Exception):
            name = getattr(receiver, "__qualname__", repr(receiver))
            logger.error("The signal receiver %s raised %r. The run continues.", name, response)
