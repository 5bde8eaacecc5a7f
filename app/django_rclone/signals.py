"""Signals around every operation. ``post_*`` are sent only after success, ``*_failed`` with ``error`` instead.

A receiver that raises never spoils what has been committed: the error is logged, and the run goes on.
"""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import Signal

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


def announce(signal: Signal, sender: Any, **what: Any) -> None:
    """Sends a signal whose receivers cannot spoil anything any more."""
    for receiver, answer in signal.send_robust(sender=sender, **what):
        if isinstance(answer, Exception):
            name = getattr(receiver, "__qualname__", repr(receiver))
            logger.error("The signal receiver %s raised %r. What was done stays done.", name, answer)
